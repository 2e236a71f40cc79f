// Stage two: the loss of each row from its parts. One thread owns one row.
struct Params {
  rows: u32,
  classes: u32,
  lanes: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> parts: array<vec2f>; // [rows, lanes]: maximum, sum
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<storage, read_write> logSumExp: array<vec2f>; // maximum, log(sum(exp(logit - maximum)))
@group(0) @binding(5) var<uniform> params: Params;

const workgroup = 64u;

#include loss.include.wgsl

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
  var total = parts[row * params.lanes];
  for (var lane = 1u; lane < params.lanes; lane++) {
    let part = parts[row * params.lanes + lane];
    let maximum = max(total.x, part.x);
    total = vec2f(maximum, total.y * exp(total.x - maximum) + part.y * exp(part.x - maximum));
  }
  storeLoss(row, total);
}
