// As gather.wgsl, for rows whose width is not a multiple of four: one thread owns one value.
struct Params {
  rows: u32,
  firstRow: u32,
  width: u32,
  positions: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.positions * params.width) {
    return;
  }
  let row = indices[thread / params.width] - params.firstRow; // wraps around to a large number below firstRow
  if (row < params.rows) {
    y[thread] = x[row * params.width + thread % params.width];
  } else {
    y[thread] = 0u;
  }
}
