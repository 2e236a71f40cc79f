// Where the backward pass reads four values at a time: in single precision.
@group(0) @binding(0) var<storage, read> dy: array<vec4f>;

fn readDy(at: u32) -> vec4f {
  return dy[at];
}
