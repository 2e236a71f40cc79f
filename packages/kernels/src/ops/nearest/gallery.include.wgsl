// A gallery as pack-gallery.wgsl lays it out. A thread owns a strip, eight neighbouring rows of a panel: one vector of
// halves, or two of floats, per dimension.
//
// Halves become floats by shifting exponent and mantissa into place, with which one query takes a sixth less time on
// lavapipe than with unpack2x16float. The bias is left out: they come times 2^-112, and queries are scaled by 2^112.
// Both are exact. Below 2^-14 there is only 0, which is exact too: pack-gallery.wgsl writes no other half there.
//
// Every kernel adds up a score in the same order, from the first dimension to the last, by fma from zero: a strip
// chosen by its largest score must hold that very score, to the bit, when its rows are scored again.
override half: bool;

struct Rows {
  low: vec4f,
  high: vec4f,
}

fn halves(words: vec2u) -> vec4f {
  let mask = vec2u(0x8fffe000u);
  let upper = bitcast<vec2u>(bitcast<vec2i>(words) >> vec2u(3u)) & mask;
  let lower = bitcast<vec2u>(bitcast<vec2i>(words << vec2u(16u)) >> vec2u(3u)) & mask;
  return bitcast<vec4f>(vec4u(lower.x, upper.x, lower.y, upper.y));
}

// at: (panel * dim + k) * 8 + strip
fn loadRows(at: u32) -> Rows {
  if (half) {
    let words = gallery[at];
    return Rows(halves(words.xy), halves(words.zw));
  }
  return Rows(bitcast<vec4f>(gallery[2u * at]), bitcast<vec4f>(gallery[2u * at + 1u]));
}

fn scaled(query: vec4f) -> vec4f {
  return query * select(1.0, 0x1p112f, half);
}

fn largest(low: vec4f, high: vec4f) -> f32 {
  let values = max(low, high);
  return max(max(values.x, values.y), max(values.z, values.w));
}
