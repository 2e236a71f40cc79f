@group(0) @binding(0) var<storage, read> pre: array<vec2u>;
@group(0) @binding(1) var<storage, read> dy: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> dPre: array<vec2u>;

fn readPre(at: u32) -> vec4f {
  return unpackHalves(pre[at]);
}

fn readDy(at: u32) -> vec4f {
  return unpackHalves(dy[at]);
}

fn writeDPre(at: u32, value: vec4f) {
  dPre[at] = packHalves(value);
}

#include ../cast/half.include.wgsl
#include activation.backward.include.wgsl
