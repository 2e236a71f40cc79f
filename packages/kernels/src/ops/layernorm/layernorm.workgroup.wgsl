// layernorm.wgsl for GPUs, on which neighbouring threads should read neighbouring values: fan * fan threads share a
// row. Each keeps its first four vec4s in registers between the statistics and the output, which spares rows of up to
// 1024 columns the second reading.
struct Params {
  rows: u32,
  width4: u32, // width / 4
  epsilon: f32,
  saveStatistics: u32,
  fan: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<stored4>;
@group(0) @binding(4) var<storage, read_write> statistics: array<vec2f>; // mean, 1 / standard deviation
@group(0) @binding(5) var<uniform> params: Params;

alias Part = vec2f; // sums

fn combine(a: Part, b: Part) -> Part {
  return a + b;
}

#include ../sum/reduce.include.wgsl

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let lanes = params.fan * params.fan;
  let lane = thread % lanes;
  let row = (group.y * groups.x + group.x) * (64u / lanes) + thread / lanes;
  // Threads without a row have no columns, but reach the barriers.
  let width4 = select(0u, params.width4, row < params.rows);
  let start = row * width4;

  // The first value shifts the sums, so that a large mean does not cancel the variance away.
  let shift = x[start].x;
  var sum = vec4f();
  var squares = vec4f();
#for i in 0..4
  var value$i = vec4f();
  if (lane + $i * lanes < width4) {
    value$i = x[start + lane + $i * lanes] - shift;
  }
  sum += value$i;
  squares += value$i * value$i;
#end
  for (var i = lane + 4u * lanes; i < width4; i += lanes) {
    let value = x[start + i] - shift;
    sum += value;
    squares += value * value;
  }
  let total = reduce(vec2f(dot(sum, vec4f(1.0)), dot(squares, vec4f(1.0))), thread, params.fan);
  let average = total / f32(params.width4 * 4u);
  let scale = 1.0 / sqrt(max(average.y - average.x * average.x, 0.0) + params.epsilon);
  if (params.saveStatistics != 0u && lane == 0u && row < params.rows) {
    statistics[row] = vec2f(average.x + shift, scale);
  }

#for i in 0..4
  if (lane + $i * lanes < width4) {
    let i = lane + $i * lanes;
    writeY(start + i, (value$i - average.x) * scale * weight[i] + bias[i]);
  }
#end
  for (var i = lane + 4u * lanes; i < width4; i += lanes) {
    writeY(start + i, (x[start + i] - shift - average.x) * scale * weight[i] + bias[i]);
  }
}
