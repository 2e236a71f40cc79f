// Four neighbouring values of a tensor in half precision. Kernels compute in f32 whatever the storage, so that no more than
// WGSL's core is needed: shader-f16 would save nothing here.
fn unpackHalves(words: vec2u) -> vec4f {
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}

// Values from 65520 on, and NaN, become infinity: WGSL leaves open what pack2x16float makes of them, and who scales a loss
// must see that its gradients overflowed.
fn packHalves(values: vec4f) -> vec2u {
  let bits = bitcast<vec4u>(values);
  let words = vec2u(pack2x16float(values.xy), pack2x16float(values.zw));
  let isLarge = (bits & vec4u(0x7fffffffu)) >= vec4u(0x477ff000u);
  let infinity = ((bits >> vec4u(16u)) & vec4u(0x8000u)) | vec4u(0x7c00u);
  let low = select(words & vec2u(0xffffu), infinity.xz, isLarge.xz);
  let high = select(words >> vec2u(16u), infinity.yw, isLarge.yw);
  return low | (high << vec2u(16u));
}
