// sum.wgsl for columns that are no multiple of four: one thread owns one column of one slice.
struct Params {
  rows: u32,
  columns: u32,
  rowsPerSlice: u32,
  slices: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> part: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.slices * params.columns) {
    return;
  }
  let column = thread % params.columns;
  let first = (thread / params.columns) * params.rowsPerSlice;
  let end = min(first + params.rowsPerSlice, params.rows);
  var sum = 0.0;
  for (var row = first; row < end; row++) {
    sum += x[row * params.columns + column];
  }
  part[thread] = sum;
}
