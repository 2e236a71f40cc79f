// packed[y * width + x] = the texel as four bytes, red in the lowest. A texture of an sRGB format is decoded as it is
// read, and encoded again here, so that its own bytes come out. One thread owns one texel.
@group(0) @binding(0) var image: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;

override isSrgb: bool;

// IEC 61966-2-1. pow is only about right, but bytes lie far further apart than that.
fn encoded(linear: vec3f) -> vec3f {
  let curved = 1.055 * pow(linear, vec3f(1.0 / 2.4)) - 0.055;
  return select(curved, 12.92 * linear, linear <= vec3f(0.0031308));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let size = textureDimensions(image);
  if (any(at.xy >= size)) {
    return;
  }
  var texel = textureLoad(image, at.xy, 0);
  if (isSrgb) {
    texel = vec4f(encoded(texel.rgb), texel.a);
  }
  packed[at.y * size.x + at.x] = pack4x8unorm(texel);
}
