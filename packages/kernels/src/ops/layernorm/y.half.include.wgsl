// Where the forward pass writes four values at a time: in half precision.
@group(0) @binding(3) var<storage, read_write> y: array<vec2u>;

#include ../cast/half.include.wgsl

fn writeY(at: u32, value: vec4f) {
  y[at] = packHalves(value);
}
