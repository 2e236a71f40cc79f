// How the forward kernels read and write four columns at a time: in half precision.
@group(0) @binding(0) var<storage, read> qkv: array<vec2u>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read_write> y: array<vec2u>; // [batch, tokens, heads, headSize]

#include ../cast/half.include.wgsl

fn readQkv(at: u32) -> vec4f {
  return unpackHalves(qkv[at]);
}

fn writeY(at: u32, value: vec4f) {
  y[at] = packHalves(value);
}
