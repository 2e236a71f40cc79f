// Stage two: losses[row] = log(sum(exp(row))) - row[label], from the parts of each row.
//
// One thread owns one row. The log-sum-exp is kept as two numbers, the maximum and the rest: with large logits their sum
// would lose the digits that the loss and the softmax of the backward pass need.
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
  let rest = log(total.y);
  logSumExp[row] = vec2f(total.x, rest);

  let label = labels[row];
  // A label that is no class would read another row: not a number instead, which nobody overlooks.
  let invalid = bitcast<f32>(0x7fc00000u | label);
  let correct = logits[row * params.classes + min(label, params.classes - 1u)];
  losses[row] = select(invalid, total.x - correct + rest, label < params.classes);
}
