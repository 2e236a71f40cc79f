// Four values at a time of y and the pre-activation, in single precision.
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> preactivation: array<vec4f>;

fn readY(at: u32) -> vec4f {
  return y[at];
}

fn writeY(at: u32, value: vec4f) {
  y[at] = value;
}

fn writePreactivation(at: u32, value: vec4f) {
  preactivation[at] = value;
}
