// dLogits = (softmax(logits) - one-hot(label)) * dLosses[row], from the log-sum-exp that the forward pass kept. One
// thread owns every lanes-th column of one row, as in the forward pass, so that it reads what belongs to the row once.
struct Params {
  rows: u32,
  classes: u32,
  lanes: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> logSumExp: array<vec2f>;
@group(0) @binding(3) var<storage, read> dLosses: array<f32>;
@group(0) @binding(4) var<storage, read_write> dLogits: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.rows * params.lanes) {
    return;
  }
  let row = thread / params.lanes;
  let start = row * params.classes;
  let normalizer = logSumExp[row];
  let label = labels[row];
  let gradient = dLosses[row];
  for (var column = thread % params.lanes; column < params.classes; column += params.lanes) {
    let probability = exp(logits[start + column] - normalizer.x - normalizer.y);
    dLogits[start + column] = (probability - f32(column == label)) * gradient;
  }
}
