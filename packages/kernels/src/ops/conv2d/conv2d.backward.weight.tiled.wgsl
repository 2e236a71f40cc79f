// The sums of conv2d.backward.weight.wgsl through workgroup memory, for GPUs: a matrix product over pixels, of dy with
// rows of output channels and the patches of x with columns of taps times input channels. It should win wherever there
// are enough of both to fill half a tile.
//
// Half of the threads copy four pixels x four channels of dy each, and half the four pixels of x that one tap meets
// from there; neighbours along the channels. The loads for the next step are issued before the products of this one,
// which hides their latency. Grid: tiles of output channels, tiles of taps times input channels, slices of the pixels.
#include conv2d.weight.include.wgsl
#include conv2d.tile.include.wgsl

fn storeSum(slice: u32, output: u32, column4: u32, value: vec4f) {
  if (column4 < params.kernelHeight * params.kernelWidth * params.channels4) {
    store(slice, output, column4 % params.channels4 * 4u, column4 / params.channels4, value);
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let width = tileWidth();
  let depth = tileDepth();
  let begin = group.z * params.pixelsPerSlice;
  let end = min(begin + params.pixelsPerSlice, params.pixels);

  // x: which four channels this thread copies, y: which four pixels of a step.
  let copiesOutputs = thread < 128u;
  let copied = vec2u(thread % width, thread % 128u / width);
  let slot = select(512u, 0u, copiesOutputs) + slotOf(copied.x, copied.y);
  let output4 = min(group.x * width + copied.x, params.outputs4 - 1u);
  let column4 = min(group.y * width + copied.x, params.kernelHeight * params.kernelWidth * params.channels4 - 1u);
  let channel4 = column4 % params.channels4;
  let tap = column4 / params.channels4;
  let offset = vec2i(vec2u(tap / params.kernelWidth, tap % params.kernelWidth)) - params.padding;

  let owned = ownedBy(thread);
  let bases = vec2u(params.height, params.width);
  let step = digits(depth * 4u, bases);
  let next = digits(1u, bases);
  var pixel = begin + copied.y * 4u;
  var at0 = digits(pixel, bases); // image, row and column of y
  for (var first = begin; first < end + depth * 4u; first += depth * 4u) {
    var vectors: mat4x4f;
    var met = vec4<bool>();
    if (copiesOutputs) {
#for u in 0..4
      vectors[$u] = dy[min(pixel + ${u}u, end - 1u) * params.outputs4 + output4];
      met[$u] = pixel + ${u}u < end;
#end
    } else {
#for u in 0..4
      let source$u = source(i32(at$u.x), vec2i(at$u.yz) * params.stride + offset);
      met[$u] = source$u >= 0 && pixel + ${u}u < end;
      vectors[$u] = x[select(0u, u32(source$u), met[$u]) * params.channels4 + channel4];
      let at${u+1} = sumOfDigits(at$u, next, bases);
#end
    }
    if (first > begin) {
      addProducts(owned);
    }
    workgroupBarrier();
#for u in 0..4
    tile[slot + ${u}u * width] = select(vec4f(), vectors[$u], met[$u]);
#end
    workgroupBarrier();
    pixel += depth * 4u;
    at0 = sumOfDigits(at0, step, bases);
  }

  let output = group.x * width * 4u + owned.y * 4u;
  let ownedColumn4 = group.y * width + owned.x;
#for r in 0..4
  storeSum(group.z, output + ${r}u, ownedColumn4, sum$r);
#end
  if (wide) {
#for r in 0..4
    storeSum(group.z, output + ${r}u, ownedColumn4 + 16u, sum${4+r});
    storeSum(group.z, output + ${64+r}u, ownedColumn4, sum${8+r});
    storeSum(group.z, output + ${64+r}u, ownedColumn4 + 16u, sum${12+r});
#end
  }
}
