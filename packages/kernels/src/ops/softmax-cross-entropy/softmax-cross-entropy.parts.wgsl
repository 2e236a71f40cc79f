// Stage one of the log-sum-exp of each row: the maximum of each part of the row, and its sum of
// exp(logit - maximum).
//
// One thread owns every lanes-th column of one row, so that neighbouring threads read neighbouring columns, and walks
// them once, four at a time: the running sum is rescaled whenever the maximum grows (Milakov and Gimelshein 2018).
struct Params {
  rows: u32,
  classes: u32,
  lanes: u32, // at most classes: every thread has a column
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> parts: array<vec2f>; // [rows, lanes]: maximum, sum
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;
const lowest = -3.4e38;

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
  let lane = thread % params.lanes;
  let start = (thread / params.lanes) * params.classes;
  let last = params.classes - 1u;

  var maximum = lowest;
  var sum = 0.0;
  for (var column = lane; column < params.classes; column += 4u * params.lanes) {
    let columns = column + vec4u(0u, 1u, 2u, 3u) * params.lanes;
    let at = start + min(columns, vec4u(last));
    let loaded = vec4f(logits[at.x], logits[at.y], logits[at.z], logits[at.w]);
    let values = select(vec4f(lowest), loaded, columns <= vec4u(last));
    let larger = max(maximum, max(max(values.x, values.y), max(values.z, values.w)));
    sum = sum * exp(maximum - larger) + dot(exp(values - larger), vec4f(1.0));
    maximum = larger;
  }
  parts[thread] = vec2f(maximum, sum);
}
