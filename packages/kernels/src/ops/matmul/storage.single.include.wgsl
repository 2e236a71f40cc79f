// How `blocks` reads and writes four values at a time: all in single precision.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> preactivation: array<vec4f>;

fn readA(at: u32) -> vec4f {
  return a[at];
}

fn readB(at: u32) -> vec4f {
  return b[at];
}

fn readY(at: u32) -> vec4f {
  return y[at];
}

fn writeY(at: u32, value: vec4f) {
  y[at] = value;
}

fn writePreactivation(at: u32, value: vec4f) {
  preactivation[at] = value;
}
