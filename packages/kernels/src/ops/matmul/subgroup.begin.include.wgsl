// y = f(op(a) op(b) + bias) + residual for subgroups of exactly eight lanes (CPU Vulkan), where the number of loads decides
// the time: no workgroup memory, no barrier, and each vec4 that a lane loads is used by all eight.
//
// One subgroup owns a tile of 32 rows (16 unless `tall`) and 32 columns. Per step over four inner values k, each lane holds
//   right0..3  its four columns of op(b), one register per k
//   left0..3   four k of its four rows of op(a), handed to the others by subgroupShuffle from a constant lane
// On lavapipe such a shuffle is one permutation, a subgroupBroadcast about three instructions. Larger tiles load less per
// product, but none was faster: 32 x 64 took 1.1 times as long, 16 x 64 1.2 times. Their loops are up to 46 KB of machine code
// instead of 25, with an instruction cache of 32 KiB, and spill more.
// The layouts differ only in how these are loaded and in which rows a lane holds: 8 r + lane, or 4 lane + r where the rows of
// op(a) are contiguous. Rows past the edge are clamped to the last one and not stored, columns likewise.
// Vectors must be whole: columns % 4 = 0, and inner % 4 = 0, or rows % 4 = 0 where a is transposed (inner is then free). Not
// both may be transposed, and with a transposed the tile must be tall. Grid as in matmul.wgsl.
#include interface.include.wgsl

override tall: bool;

fn store(start: u32, row: u32, sum: vec4f) {
  if (row < params.rows) {
    writeY(start + row * (params.columns / 4u), sum);
  }
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x * select(16u, 32u, tall);
  let column4 = group.y * 8u + lane;
  let inner4 = params.inner / 4u;
  let rows4 = params.rows / 4u;
  let columns4 = params.columns / 4u;
  let aStart = group.z * params.aBatch / 4u;
  let bStart = group.z * params.bBatch / 4u;
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);

  let aColumn = aStart + min(row / 4u + lane, rows4 - 1u);
  let bColumn = bStart + min(column4, columns4 - 1u);
#for r in 0..4
  let aRow$r = aStart + min(row + ${8*r}u + lane, params.rows - 1u) * inner4;
  let bRow$r = bStart + min(column4 * 4u + ${r}u, params.columns - 1u) * inner4;
#end
  var initial = vec4f();
  if (params.hasBias != 0u) {
    initial = bias[min(column4, columns4 - 1u)];
  }
#for m in 0..32
  var c$m = initial;
#end

  var bAt = bColumn + begin * columns4;
