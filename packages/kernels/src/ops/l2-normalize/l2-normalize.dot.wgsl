// Dot products of the rows of a and b, stage one: parts[row, lane]. Forward a = b = x; backward a = y, b = dy.
//
// One thread owns every lanes-th column of one row, so that neighbouring threads read neighbouring columns. Its readers
// add the parts up in the order of the lanes: the result is deterministic, without a barrier.
struct Params {
  rows: u32,
  columns: u32,
  lanes: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

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
  let start = (thread / params.lanes) * params.columns;
  var sum = 0.0;
  for (var column = thread % params.lanes; column < params.columns; column += params.lanes) {
    sum += a[start + column] * b[start + column];
  }
  parts[thread] = sum;
}
