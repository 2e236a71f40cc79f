// y = x / max(norm(x), epsilon) for each row, and the norms for the backward pass.
//
// One thread owns every lanes-th column of one row, as in stage one (l2-normalize.dot), whose parts it adds up.
struct Params {
  rows: u32,
  columns: u32,
  lanes: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> parts: array<f32>; // [rows, lanes] of dot(x, x)
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> norms: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

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
  let lane = thread % params.lanes;
  var squares = 0.0;
  for (var i = 0u; i < params.lanes; i++) {
    squares += parts[row * params.lanes + i];
  }
  let norm = sqrt(squares);
  if (lane == 0u) {
    norms[row] = norm;
  }
  let divisor = max(norm, params.epsilon);
  let start = row * params.columns;
  for (var column = lane; column < params.columns; column += params.lanes) {
    y[start + column] = x[start + column] / divisor;
  }
}
