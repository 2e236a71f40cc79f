// dx = (dy - y * dot(y, dy)) / norm for each row; where the norm is below epsilon, y is x / epsilon, and
// dx = dy / epsilon.
//
// One thread owns every lanes-th column of one row, as in stage one (l2-normalize.dot), whose parts it adds up.
struct Params {
  rows: u32,
  columns: u32,
  lanes: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> norms: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> parts: array<f32>; // [rows, lanes] of dot(y, dy)
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
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
  let norm = norms[row];
  var product = 0.0;
  if (norm > params.epsilon) {
    for (var i = 0u; i < params.lanes; i++) {
      product += parts[row * params.lanes + i];
    }
  }
  let divisor = max(norm, params.epsilon);
  let start = row * params.columns;
  for (var column = thread % params.lanes; column < params.columns; column += params.lanes) {
    dx[start + column] = (dy[start + column] - y[start + column] * product) / divisor;
  }
}
