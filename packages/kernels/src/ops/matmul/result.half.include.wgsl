// Four values at a time of y and the pre-activation, in half precision or in single.
@group(0) @binding(4) var<storage, read_write> y: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> preactivation: array<vec2u>;

#include ../cast/half.include.wgsl

fn readY(at: u32) -> vec4f {
  if (params.halfResult != 0u) {
    return unpackHalves(y[at]);
  }
  return bitcast<vec4f>(vec4u(y[2u * at], y[2u * at + 1u]));
}

fn writeY(at: u32, value: vec4f) {
  if (params.halfResult != 0u) {
    y[at] = packHalves(value);
  } else {
    y[2u * at] = bitcast<vec2u>(value.xy);
    y[2u * at + 1u] = bitcast<vec2u>(value.zw);
  }
}

fn writePreactivation(at: u32, value: vec4f) {
  if (params.halfResult != 0u) {
    preactivation[at] = packHalves(value);
  } else {
    preactivation[2u * at] = bitcast<vec2u>(value.xy);
    preactivation[2u * at + 1u] = bitcast<vec2u>(value.zw);
  }
}
