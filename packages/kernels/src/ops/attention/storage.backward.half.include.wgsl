// How the backward kernels read and write four columns at a time: in half precision.
@group(0) @binding(0) var<storage, read> qkv: array<vec2u>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read> dy: array<vec2u>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read_write> dqkv: array<vec2u>; // of q by one kernel, of k and v by another

#include ../cast/half.include.wgsl

fn readQkv(at: u32) -> vec4f {
  return unpackHalves(qkv[at]);
}

fn readDy(at: u32) -> vec4f {
  return unpackHalves(dy[at]);
}

fn writeDqkv(at: u32, value: vec4f) {
  dqkv[at] = packHalves(value);
}
