@group(0) @binding(0) var<storage, read> y: array<vec2u>; // [batch, tokens, heads, headSize]
@group(0) @binding(1) var<storage, read> dy: array<vec2u>;

fn readY(at: u32) -> vec4f {
  return unpackHalves(y[at]);
}

fn readDy(at: u32) -> vec4f {
  return unpackHalves(dy[at]);
}

#include ../cast/half.include.wgsl
#include backward.delta.include.wgsl
