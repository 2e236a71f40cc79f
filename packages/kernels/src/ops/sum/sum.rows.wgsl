// Sums over the last axis of x [rows, columns]. One thread owns one row.
struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

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
  var sum = 0.0;
  for (var column = 0u; column < params.columns; column++) {
    sum += x[row * params.columns + column];
  }
  total[row] = sum;
}
