// How `blocks` reads and writes four values at a time: a and b in half precision, y and the pre-activation in half or single.
@group(0) @binding(0) var<storage, read> a: array<vec2u>;
@group(0) @binding(1) var<storage, read> b: array<vec2u>;

#include result.half.include.wgsl

fn readA(at: u32) -> vec4f {
  return unpackHalves(a[at]);
}

fn readB(at: u32) -> vec4f {
  return unpackHalves(b[at]);
}
