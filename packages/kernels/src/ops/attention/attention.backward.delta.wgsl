@group(0) @binding(0) var<storage, read> y: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;

fn readY(at: u32) -> vec4f {
  return y[at];
}

fn readDy(at: u32) -> vec4f {
  return dy[at];
}

#include backward.delta.include.wgsl
