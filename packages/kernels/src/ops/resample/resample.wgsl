// y = the lines of x, an image of packed pixels, resampled: each output is a sum over neighbouring pixels of its line,
// in the fixed point of Pillow's Resample.c. The sums stay below 2^31, so that no order of them rounds. `taps` has a
// row for each output: the first pixel, how many there are, and their weights. One thread owns one output pixel;
// neighbouring threads write neighbouring pixels of a row.
struct Params {
  threads: u32, // pixels of y
  columns: u32, // of y
  isAcross: u32, // 1: the lines are the rows of x; 0: its columns
  first: u32, // the pixel of x with which the first line begins
  lineStride: u32, // from one line to the next
  step: u32, // from one pixel of a line to the next
  tapStride: u32, // words in a row of taps
  premultiplies: u32, // 1: colours are multiplied by alpha as they are read
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> taps: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

const workgroup = 64u;
const fraction = 22u; // bits of the weights

// Colours times alpha, rounded as Pillow does (rgbA2rgba in Convert.c).
fn premultiplied(pixel: vec4u) -> vec4u {
  let product = pixel.rgb * pixel.a + 128u;
  return vec4u(((product >> vec3u(8u)) + product) >> vec3u(8u), pixel.a);
}

fn readX(at: u32) -> vec4i {
  let pixel = (vec4u(x[at]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
  if (params.premultiplies == 1u) {
    return vec4i(premultiplied(pixel));
  }
  return vec4i(pixel);
}

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.threads) {
    return;
  }
  let row = thread / params.columns;
  let column = thread % params.columns;
  let isAcross = params.isAcross == 1u;
  let line = params.first + select(column, row, isAcross) * params.lineStride;
  let tap = select(row, column, isAcross) * params.tapStride;
  var at = line + u32(taps[tap]) * params.step;
  let end = tap + 2u + u32(taps[tap + 1u]);
  var sum = vec4i(1 << (fraction - 1u));
  for (var weight = tap + 2u; weight < end; weight++) {
    sum += readX(at) * taps[weight];
    at += params.step;
  }
  let rounded = vec4u(clamp(sum >> vec4u(fraction), vec4i(0), vec4i(255))) << vec4u(0u, 8u, 16u, 24u);
  y[thread] = rounded.x | rounded.y | rounded.z | rounded.w;
}
