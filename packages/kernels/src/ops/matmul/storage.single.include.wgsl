// How `blocks` reads and writes four values at a time: all in single precision.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;

#include result.single.include.wgsl

fn readA(at: u32) -> vec4f {
  return a[at];
}

fn readB(at: u32) -> vec4f {
  return b[at];
}
