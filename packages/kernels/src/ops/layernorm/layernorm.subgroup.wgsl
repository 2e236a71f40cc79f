// layernorm.wgsl for subgroups of eight lanes (lavapipe), where a load costs as much as fifty additions.
//
// A subgroup owns eight rows. It walks each of them with eight columns of vec4 side by side for its statistics, which
// lane r keeps for row r, and then all of them together: a weight and a bias are loaded once for eight rows. The loops
// have one load each on purpose: unrolled, lavapipe's code for a load outgrows the processor's cache of decoded ones.
enable subgroups;

struct Params {
  rows: u32,
  width4: u32, // width / 4
  epsilon: f32,
  saveStatistics: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<stored4>;
@group(0) @binding(4) var<storage, read_write> statistics: array<vec2f>; // mean, 1 / standard deviation
@group(0) @binding(5) var<uniform> params: Params;

const lanes = 8u;

#include ../softmax/lanes.include.wgsl

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let firstRow = (group.y * groups.x + group.x) * lanes;
  if (firstRow >= params.rows) {
    return;
  }
  let rows = min(lanes, params.rows - firstRow);
  let width4 = params.width4;
  let width = f32(width4 * 4u);

  var mean = 0.0;
  var scale = 0.0;
  for (var r = 0u; r < rows; r++) {
    let start = (firstRow + r) * width4;
    // The first value shifts the sums, so that a large mean does not cancel the variance away.
    let shift = x[start].x;
    var sum = vec4f();
    var squares = vec4f();
    for (var i = lane; i < width4; i += lanes) {
      let value = x[start + i] - shift;
      sum += value;
      squares += value * value;
    }
    let shifted = sumOfLanes(dot(sum, vec4f(1.0)), lane) / width;
    let variance = max(sumOfLanes(dot(squares, vec4f(1.0)), lane) / width - shifted * shifted, 0.0);
    if (lane == r) {
      mean = shifted + shift;
      scale = 1.0 / sqrt(variance + params.epsilon);
    }
  }
  if (params.saveStatistics != 0u && lane < rows) {
    statistics[firstRow + lane] = vec2f(mean, scale);
  }

  for (var column = 0u; column < width4; column += lanes) {
    let i = column + lane;
    let w = weight[i];
    let b = bias[i];
    for (var r = 0u; r < rows; r++) {
      let rowMean = subgroupShuffle(mean, r);
      let rowScale = subgroupShuffle(scale, r);
      if (i < width4) {
        let at = (firstRow + r) * width4 + i;
        writeY(at, (x[at] - rowMean) * rowScale * w + b);
      }
    }
  }
}
