@group(0) @binding(0) var<storage, read> x: array<vec4f>;

fn readX(at: u32) -> vec4f {
  return x[at];
}

#include sum.include.wgsl
