// The levels of an atlas: the first out of the image, color times alpha, so that texels can be mixed; each other out of
// the level before it, twice its size.

@group(0) @binding(0) var source: texture_2d<f32>;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(vec2f(vec2u(index & 1u, index >> 1u)) * 4.0 - 1.0, 0.0, 1.0); // one triangle over everything
}

@fragment
fn first(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let texel = textureLoad(source, vec2u(position.xy), 0);
  return vec4f(texel.rgb * texel.a, texel.a);
}

@fragment
fn half(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let at = 2u * vec2u(position.xy);
  return 0.25 * (
    textureLoad(source, at, 0) + textureLoad(source, at + vec2u(1, 0), 0) +
    textureLoad(source, at + vec2u(0, 1), 0) + textureLoad(source, at + vec2u(1, 1), 0)
  );
}
