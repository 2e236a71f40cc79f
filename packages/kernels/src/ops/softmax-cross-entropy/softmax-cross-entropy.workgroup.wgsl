// Both stages in one for GPUs, where the parts of a row need not go through memory: fan * fan neighbouring threads
// share a row and walk it once, four values at a time, as in stage one.
struct Params {
  rows: u32,
  classes: u32,
  fan: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> losses: array<f32>;
@group(0) @binding(3) var<storage, read_write> logSumExp: array<vec2f>; // maximum, log(sum(exp(logit - maximum)))
@group(0) @binding(4) var<uniform> params: Params;

#include ../softmax/exponentials.include.wgsl
#include ../sum/reduce.include.wgsl
#include loss.include.wgsl

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let lanes = params.fan * params.fan;
  let row = (group.y * groups.x + group.x) * (64u / lanes) + thread / lanes;
  // Threads without a row have no columns, but reach the barriers.
  let classes = select(0u, params.classes, row < params.rows);
  let start = row * params.classes;
  let lane = thread % lanes;

  var own = Part(lowest, 0.0);
  for (var column = lane; column < classes; column += 4u * lanes) {
#for i in 0..4
    var value$i = lowest;
    if (column + $i * lanes < classes) {
      value$i = logits[start + column + $i * lanes];
    }
#end
    let values = vec4f(value0, value1, value2, value3);
    let larger = max(own.x, max(max(value0, value1), max(value2, value3)));
    own = Part(larger, own.y * exp(own.x - larger) + dot(exp(values - larger), vec4f(1.0)));
  }
  let total = reduce(own, thread, params.fan);
  if (lane == 0u && row < params.rows) {
    storeLoss(row, total);
  }
}
