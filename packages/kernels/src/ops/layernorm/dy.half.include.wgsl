// Where the backward pass reads four values at a time: in half precision.
@group(0) @binding(0) var<storage, read> dy: array<vec2u>;

#include ../cast/half.include.wgsl

fn readDy(at: u32) -> vec4f {
  return unpackHalves(dy[at]);
}
