// Gradient of softmax: dx = y * (dy - sum(dy * y)). One thread owns one row, as in the forward pass.
struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

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
  let start = row * params.columns;
  let end = start + params.columns;
  var product = 0.0;
  for (var i = start; i < end; i++) {
    product += dy[i] * y[i];
  }
  for (var i = start; i < end; i++) {
    dx[i] = y[i] * (dy[i] - product);
  }
}
