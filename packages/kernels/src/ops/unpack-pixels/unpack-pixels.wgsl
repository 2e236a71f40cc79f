// y [pixels, 3] = the colours of packed pixels x, each looked up in its own row of `table` [3, 256]. Where colours are
// multiplied by alpha, they are divided by it first, and cut to whole numbers as Pillow does (rgba2rgbA in Convert.c).
// One thread owns one pixel.
struct Params {
  pixels: u32,
  unpremultiplies: u32, // 1: where `least` is not opaque
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read> least: array<u32>; // a pixel with the least alpha of the image
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroup + local;
  if (i >= params.pixels) {
    return;
  }
  let alpha = x[i] >> 24u;
  var colours = (vec3u(x[i]) >> vec3u(0u, 8u, 16u)) & vec3u(255u);
  let hasAlpha = params.unpremultiplies == 1u && least[0] < 0xff000000u;
  if (hasAlpha && alpha != 0u) {
    colours = min(255u * colours / alpha, vec3u(255u));
  }
  y[3u * i] = table[colours.r];
  y[3u * i + 1u] = table[256u + colours.g];
  y[3u * i + 2u] = table[512u + colours.b];
}
