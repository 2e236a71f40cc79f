// Convolution as an implicit matrix product: y [pixels, columns] = patches [pixels, taps * channels] packed weight.
// Forward, x is the image, and `spread` is 1. For the gradient of the input, x is dy, the taps are packed in reverse,
// and a forward stride becomes `spread`: the pixels of dy lie that far apart, with zeros between.
//
// One thread owns eight neighbouring pixels and four neighbouring channels of y: twelve vec4 loads feed 128
// multiply-adds. Neighbouring threads own neighbouring channels, so that they read the same pixels. Nothing is shared
// through workgroup memory, so that there are no barriers.
#include conv2d.include.wgsl

@group(0) @binding(2) var<storage, read_write> y: array<f32>;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  let firstPixel = (thread / params.columns4) * 8u;
  if (firstPixel >= params.pixels) {
    return;
  }
  let column4 = thread % params.columns4;
  let padding = vec2i(params.paddingRows, params.paddingColumns);
  #for p in 0..8
  let pixel$p = min(firstPixel + $p, params.pixels - 1u);
  let image$p = i32(pixel$p / (params.height * params.width));
  let origin$p = vec2i(vec2u((pixel$p / params.width) % params.height, pixel$p % params.width)) * params.stride
    - padding;
  var sum$p = vec4f();
  #end

  var at = column4; // in packed
  for (var i = 0u; i < params.kernelHeight; i++) {
    for (var j = 0u; j < params.kernelWidth; j++) {
      let tap = vec2i(vec2u(i, j));
      #for p in 0..8
      let source$p = source(image$p, origin$p, tap);
      let start$p = u32(max(source$p, 0));
      #end
      for (var channel4 = 0u; channel4 < params.channels4; channel4++) {
        #for c in 0..4
        let w$c = packed[at + $c * params.columns4];
        #end
        at += 4u * params.columns4;
        #for p in 0..8
        let x$p = select(vec4f(), x[start$p + channel4], source$p >= 0);
        sum$p += x$p.x * w0 + x$p.y * w1 + x$p.z * w2 + x$p.w * w3;
        #end
      }
    }
  }

  #for p in 0..8
  if (firstPixel + $p < params.pixels) {
    let start = (firstPixel + $p) * params.columns;
    #for lane in 0..4
    if (column4 * 4u + $lane < params.columns) {
      y[start + column4 * 4u + $lane] = sum$p[$lane];
    }
    #end
  }
  #end
}
