// Where the forward pass writes four values at a time: in single precision.
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

fn writeY(at: u32, value: vec4f) {
  y[at] = value;
}
