// A gallery as pack-gallery.wgsl lays it out. A thread owns a strip, eight neighbouring rows of a panel: per dimension
// one vector of halves or two of floats, per two dimensions one of bytes.
//
// Halves become floats by shifting exponent and mantissa into place, with which one query takes a sixth less time on
// lavapipe than with unpack2x16float. The bias is left out: they come times 2^-112, and queries are scaled by 2^112.
// Both are exact. Below 2^-14 there is only 0, which is exact too: pack-gallery.wgsl writes no other half there.
//
// Every kernel adds up a score in the same order, from the first dimension to the last, by fma from zero: a strip
// chosen by its largest score must hold that very score, to the bit, when its rows are scored again.
override valueBits: u32; // of a stored value: 32, 16 or 8

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

// Bytes come times 2^24, at the top of a word, which spreads their sign; queries are scaled by 2^-24. Both are exact.
fn bytes(words: vec2u) -> Rows {
  let top = vec4u(0xff000000u);
  let up = vec4u(24u, 16u, 8u, 0u);
  return Rows(
    vec4f(bitcast<vec4i>((vec4u(words.x) << up) & top)),
    vec4f(bitcast<vec4i>((vec4u(words.y) << up) & top)),
  );
}

// at: (panel * dim + k) * 8 + strip
fn loadRows(at: u32) -> Rows {
  if (valueBits == 8u) {
    let words = gallery[at / 16u * 8u + at % 8u];
    return bytes(select(words.xy, words.zw, (at & 8u) != 0u));
  }
  if (valueBits == 16u) {
    let words = gallery[at];
    return Rows(halves(words.xy), halves(words.zw));
  }
  return Rows(bitcast<vec4f>(gallery[2u * at]), bitcast<vec4f>(gallery[2u * at + 1u]));
}

// The rows of four dimensions, the first of them a multiple of four.
fn loadFour(at: u32) -> array<Rows, 4> {
  if (valueBits == 8u) {
    let first = at / 16u * 8u + at % 8u;
    let a = gallery[first];
    let b = gallery[first + 8u];
    return array(bytes(a.xy), bytes(a.zw), bytes(b.xy), bytes(b.zw));
  }
  return array(loadRows(at), loadRows(at + 8u), loadRows(at + 16u), loadRows(at + 24u));
}

fn scaled(query: vec4f) -> vec4f {
  if (valueBits == 8u) {
    return query * 0x1p-24f;
  }
  return query * select(1.0, 0x1p112f, valueBits == 16u);
}

// Scores with those of four dimensions more. at: as for loadFour; query: scaled
fn added(scores: Rows, query: vec4f, at: u32) -> Rows {
  let rows = loadFour(at);
  var sum = scores;
#for d in 0..4
  sum.low = fma(vec4f(query[$d]), rows[$d].low, sum.low);
  sum.high = fma(vec4f(query[$d]), rows[$d].high, sum.high);
#end
  return sum;
}

fn largest(low: vec4f, high: vec4f) -> f32 {
  let values = max(low, high);
  return max(max(values.x, values.y), max(values.z, values.w));
}
