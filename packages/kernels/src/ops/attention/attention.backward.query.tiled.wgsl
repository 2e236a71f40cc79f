@group(0) @binding(6) var<storage, read> y: array<vec4f>; // [batch, tokens, heads, headSize]

fn readY(at: u32) -> vec4f {
  return y[at];
}

#include storage.backward.single.include.wgsl
#include backward.query.tiled.include.wgsl
