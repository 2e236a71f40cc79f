enable subgroups;

@group(0) @binding(6) var<storage, read> y: array<vec2u>; // [batch, tokens, heads, headSize]

fn readY(at: u32) -> vec4f {
  return unpackHalves(y[at]);
}

#include storage.backward.half.include.wgsl
#include backward.query.subgroup.include.wgsl
