@group(0) @binding(0) var<storage, read> pre: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dPre: array<vec4f>;

fn readPre(at: u32) -> vec4f {
  return pre[at];
}

fn readDy(at: u32) -> vec4f {
  return dy[at];
}

fn writeDPre(at: u32, value: vec4f) {
  dPre[at] = value;
}

#include activation.backward.include.wgsl
