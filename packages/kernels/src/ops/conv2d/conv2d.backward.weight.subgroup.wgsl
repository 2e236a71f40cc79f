// The sums of conv2d.backward.weight.wgsl for subgroups of exactly eight lanes (CPU Vulkan), where the number of loads
// decides the time: two vec4 loads feed 128 multiply-adds of each lane.
//
// One subgroup owns 32 output channels, 32 input channels, one tap and one slice of the pixels. Each lane loads four
// output channels of dy, which the others get by shuffle, and its own four input channels of x.
// Grid: tiles of output channels times tiles of input channels, taps, slices.
enable subgroups;

#include conv2d.weight.include.wgsl

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let taps = params.kernelHeight * params.kernelWidth;
  let tiles = (params.channels4 + 7u) / 8u;
  let firstOutput4 = (group.x / tiles) * 8u;
  let channel4 = (group.x % tiles) * 8u + lane;
  let tap = group.y;
  let slice = group.z;
  let loadOutput4 = min(firstOutput4 + lane, params.outputs4 - 1u);
  let loadChannel4 = min(channel4, params.channels4 - 1u);

  let first = slice * params.pixelsPerSlice;
  let end = min(first + params.pixelsPerSlice, params.pixels);
  let offset = vec2i(vec2u(tap / params.kernelWidth, tap % params.kernelWidth)) - params.padding;
  var column = first % params.width;
  var row = (first / params.width) % params.height;
  var image = i32(first / (params.width * params.height));
  #for o in 0..32
  var sum$o = vec4f();
  #end
  for (var pixel = first; pixel < end; pixel++) {
    let met = source(image, vec2i(vec2u(row, column)) * params.stride + offset);
    if (met >= 0) {
      let value = x[u32(met) * params.channels4 + loadChannel4];
      let gradient = dy[pixel * params.outputs4 + loadOutput4];
      #for o in 0..32
      sum$o += subgroupShuffle(gradient[${o%4}], ${o/4}u) * value;
      #end
    }
    column++;
    if (column == params.width) {
      column = 0u;
      row++;
      if (row == params.height) {
        row = 0u;
        image++;
      }
    }
  }

  if (channel4 >= params.channels4) {
    return;
  }
  #for o in 0..32
  store(slice, firstOutput4 * 4u + $o, channel4 * 4u, tap, sum$o);
  #end
}
