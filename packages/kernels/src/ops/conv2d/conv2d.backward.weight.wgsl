// Gradient of conv2d with respect to the weight, stage one: dweight[out, in, tap] = sum over the pixels of dy of
// dy[pixel, out] * x[the pixel that the tap meets, in]. Slice s of the pixels goes into parts [s, out, in, taps].
//
// One thread owns eight neighbouring output channels, four neighbouring input channels, one tap and one slice of the
// pixels: three vec4 loads feed 32 multiply-adds. Neighbouring threads own neighbouring input channels.
#include conv2d.weight.include.wgsl

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  let taps = params.kernelHeight * params.kernelWidth;
  let outputs8 = (params.outputs4 + 1u) / 2u;
  let perSlice = params.channels4 * taps * outputs8;
  if (thread >= params.slices * perSlice) {
    return;
  }
  let channel4 = thread % params.channels4;
  let tap = (thread / params.channels4) % taps;
  let output4 = ((thread / (params.channels4 * taps)) % outputs8) * 2u;
  let nextOutput4 = min(output4 + 1u, params.outputs4 - 1u);
  let slice = thread / perSlice;

  let first = slice * params.pixelsPerSlice;
  let end = min(first + params.pixelsPerSlice, params.pixels);
  let offset = vec2i(vec2u(tap / params.kernelWidth, tap % params.kernelWidth)) - params.padding;
  var column = first % params.width;
  var row = (first / params.width) % params.height;
  var image = i32(first / (params.width * params.height));
  #for o in 0..8
  var sum$o = vec4f();
  #end
  for (var pixel = first; pixel < end; pixel++) {
    let met = source(image, vec2i(vec2u(row, column)) * params.stride + offset);
    if (met >= 0) {
      let value = x[u32(met) * params.channels4 + channel4];
      let low = dy[pixel * params.outputs4 + output4];
      let high = dy[pixel * params.outputs4 + nextOutput4];
      #for o in 0..4
      sum$o += low[$o] * value;
      sum${o+4} += high[$o] * value;
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

  #for o in 0..8
  store(slice, output4 * 4u + $o, channel4 * 4u, tap, sum$o);
  #end
}
