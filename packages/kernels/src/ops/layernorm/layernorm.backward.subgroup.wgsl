// All gradients of layernorm at once for subgroups of eight lanes (lavapipe), where loads decide the time; formulas as
// in layernorm.backward.wgsl and layernorm.backward.weight.wgsl. A subgroup owns eight rows, as in
// layernorm.subgroup.wgsl. It walks each of them for its two averages, which lane r keeps for row r, and then all of
// them together, eight columns of vec4 side by side: what is loaded there for dx gives the eight rows' part of the
// gradients of weight and bias too.
enable subgroups;

struct Params {
  rows: u32,
  width4: u32,
  saveInput: u32,
  saveWeights: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<stored4>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> partWeight: array<vec4f>; // [rows / 8, width]
@group(0) @binding(6) var<storage, read_write> partBias: array<vec4f>;
@group(0) @binding(7) var<uniform> params: Params;

const lanes = 8u;

#include ../softmax/lanes.include.wgsl

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let slice = group.y * groups.x + group.x;
  let firstRow = slice * lanes;
  if (firstRow >= params.rows) {
    return;
  }
  let rows = min(lanes, params.rows - firstRow);
  let width4 = params.width4;
  let width = f32(width4 * 4u);
  let statistic = statistics[min(firstRow + lane, params.rows - 1u)];

  var averageGradient = 0.0;
  var averageProduct = 0.0;
  if (params.saveInput != 0u) {
    for (var r = 0u; r < rows; r++) {
      let start = (firstRow + r) * width4;
      let mean = subgroupShuffle(statistic.x, r);
      var sum = vec4f();
      var product = vec4f();
      for (var i = lane; i < width4; i += lanes) {
        let g = readDy(start + i) * weight[i];
        sum += g;
        product += g * (x[start + i] - mean);
      }
      let total = sumOfLanes(dot(sum, vec4f(1.0)), lane);
      let totalProduct = sumOfLanes(dot(product, vec4f(1.0)), lane);
      if (lane == r) {
        averageGradient = total / width;
        averageProduct = totalProduct * statistic.y / width;
      }
    }
  }

  for (var column = 0u; column < width4; column += lanes) {
    let i = min(column + lane, width4 - 1u);
    let w = weight[i];
    var sumWeight = vec4f();
    var sumBias = vec4f();
    for (var r = 0u; r < rows; r++) {
      let mean = subgroupShuffle(statistic.x, r);
      let scale = subgroupShuffle(statistic.y, r);
      let rowGradient = subgroupShuffle(averageGradient, r);
      let rowProduct = subgroupShuffle(averageProduct, r);
      let at = (firstRow + r) * width4 + i;
      let g = readDy(at);
      let n = (x[at] - mean) * scale;
      sumWeight += g * n;
      sumBias += g;
      if (params.saveInput != 0u && column + lane < width4) {
        dx[at] = scale * (g * w - rowGradient - n * rowProduct);
      }
    }
    if (params.saveWeights != 0u && column + lane < width4) {
      partWeight[slice * width4 + i] = sumWeight;
      partBias[slice * width4 + i] = sumBias;
    }
  }
}
