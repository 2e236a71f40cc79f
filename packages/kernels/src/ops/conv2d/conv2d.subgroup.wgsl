// The product of conv2d.wgsl for subgroups of exactly eight lanes (CPU Vulkan), where the time is decided by the number
// of loads: each vec4 that a lane loads is used by all eight, as in matmul.subgroup.wgsl.
//
// One subgroup owns a tile of 32 pixels and 32 channels of y. Per step over four channels of x, each lane holds
//   left0..3   four channels of pixels lane, 8 + lane, 16 + lane and 24 + lane, for the others by shuffle
//   right0..3  its four channels of y in the packed weight, one register per channel of x
// Grid: tiles of pixels, tiles of channels.
enable subgroups;

#include conv2d.include.wgsl

@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn store(pixel: u32, column: u32, value: vec4f) {
  if (pixel >= params.pixels) {
    return;
  }
  let at = pixel * params.columns + column;
  #for i in 0..4
  if (column + $i < params.columns) {
    y[at + $i] = value[$i];
  }
  #end
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let firstPixel = group.x * 32u;
  let column4 = group.y * 8u + lane;
  let padding = vec2i(params.paddingRows, params.paddingColumns);
  #for r in 0..4
  let pixel$r = min(firstPixel + ${8*r}u + lane, params.pixels - 1u);
  let image$r = i32(pixel$r / (params.height * params.width));
  let origin$r = vec2i(vec2u((pixel$r / params.width) % params.height, pixel$r % params.width)) * params.stride
    - padding;
  #end
  #for m in 0..32
  var sum$m = vec4f();
  #end

  var at = min(column4, params.columns4 - 1u); // in packed
  for (var i = 0u; i < params.kernelHeight; i++) {
    for (var j = 0u; j < params.kernelWidth; j++) {
      #for r in 0..4
      let source$r = source(image$r, origin$r, vec2i(vec2u(i, j)));
      let start$r = u32(max(source$r, 0));
      #end
      for (var channel4 = 0u; channel4 < params.channels4; channel4++) {
        #for r in 0..4
        let left$r = select(vec4f(), x[start$r + channel4], source$r >= 0);
        let right$r = packed[at + $r * params.columns4];
        #end
        at += 4u * params.columns4;
        #for r in 0..4
        #for l in 0..8
        sum${8*r+l} += subgroupShuffle(left$r.x, ${l}u) * right0 + subgroupShuffle(left$r.y, ${l}u) * right1
          + subgroupShuffle(left$r.z, ${l}u) * right2 + subgroupShuffle(left$r.w, ${l}u) * right3;
        #end
        #end
      }
    }
  }

  if (column4 >= params.columns4) {
    return;
  }
  #for m in 0..32
  store(firstPixel + $m, column4 * 4u, sum$m);
  #end
}
