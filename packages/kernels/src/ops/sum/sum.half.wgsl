@group(0) @binding(0) var<storage, read> x: array<vec2u>;

fn readX(at: u32) -> vec4f {
  return unpackHalves(x[at]);
}

#include ../cast/half.include.wgsl
#include sum.include.wgsl
