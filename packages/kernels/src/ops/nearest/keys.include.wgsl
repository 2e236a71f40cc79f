// Whole numbers in the order of the floats with these bits; -0 equals 0. The lowest, 0, stands for no value at all:
// only a NaN has it.
fn ordered(bits: vec4u) -> vec4u {
  let sign = vec4u(0x80000000u);
  let negative = select(~bits, sign, bits == sign);
  return select(bits | sign, negative, (bits & sign) == sign);
}

fn unordered(key: u32) -> u32 {
  return select(~key, key & 0x7fffffffu, key >= 0x80000000u);
}
