// y = (x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis, and the two statistics for the backward
// pass.
//
// One thread owns one row and walks it twice with vec4 loads (statistics, then output). The row stays in cache between
// the walks, and no barrier is needed. Rows are many (batch x tokens) wherever CLIP normalises, so threads are too.
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

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (group.y * groups.x + group.x) * workgroup + local;
  if (row >= params.rows) {
    return;
  }
  let start = row * params.width4;
  let width = f32(params.width4 * 4u);

  // The first value shifts the sums, so that a large mean does not cancel the variance away.
  let shift = x[start].x;
  var sum = vec4f();
  var squares = vec4f();
  for (var i = 0u; i < params.width4; i++) {
    let value = x[start + i] - shift;
    sum += value;
    squares += value * value;
  }
  let shifted = dot(sum, vec4f(1.0)) / width;
  let variance = max(dot(squares, vec4f(1.0)) / width - shifted * shifted, 0.0);
  let mean = shifted + shift;
  let scale = 1.0 / sqrt(variance + params.epsilon);
  if (params.saveStatistics != 0u) {
    statistics[row] = vec2f(mean, scale);
  }

  for (var i = 0u; i < params.width4; i++) {
    writeY(start + i, (x[start + i] - mean) * scale * weight[i] + bias[i]);
  }
}
