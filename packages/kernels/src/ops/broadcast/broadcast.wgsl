// y [rows, columns] repeats x [columns] in every row. One thread owns one value of y.
struct Params {
  count: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroup + local;
  if (i < params.count) {
    y[i] = x[i % params.columns];
  }
}
