// layernorm.backward.wgsl for GPUs: fan * fan neighbouring threads share a row, as in layernorm.workgroup.wgsl. Never
// yet timed on a GPU.
struct Params {
  rows: u32,
  width4: u32,
  fan: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<stored4>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> dx: array<vec4f>;
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
  let statistic = statistics[min(row, params.rows - 1u)];
  let mean = statistic.x;
  let scale = statistic.y;

  var sum = vec4f();
  var product = vec4f();
#for i in 0..4
  var g$i = vec4f();
  var n$i = vec4f();
  if (lane + $i * lanes < width4) {
    let i = lane + $i * lanes;
    g$i = readDy(start + i) * weight[i];
    n$i = (x[start + i] - mean) * scale;
  }
  sum += g$i;
  product += g$i * n$i;
#end
  for (var i = lane + 4u * lanes; i < width4; i += lanes) {
    let g = readDy(start + i) * weight[i];
    sum += g;
    product += g * (x[start + i] - mean) * scale;
  }
  let total = reduce(vec2f(dot(sum, vec4f(1.0)), dot(product, vec4f(1.0))), thread, params.fan);
  let average = total / f32(params.width4 * 4u);

#for i in 0..4
  if (lane + $i * lanes < width4) {
    dx[start + lane + $i * lanes] = scale * (g$i - average.x - n$i * average.y);
  }
#end
  for (var i = lane + 4u * lanes; i < width4; i += lanes) {
    let n = (x[start + i] - mean) * scale;
    dx[start + i] = scale * (readDy(start + i) * weight[i] - average.x - n * average.y);
  }
}
