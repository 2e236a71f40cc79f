// Sums over the leading axis of x [rows, columns]: slice s of the rows goes into part [s, columns].
//
// One thread owns four columns of one slice, so that neighbouring threads read neighbouring columns and the order of
// the additions is fixed. With one slice, its part is the whole sum.
struct Params {
  rows: u32,
  columns4: u32,
  rowsPerSlice: u32,
  slices: u32,
}

@group(0) @binding(0) var<storage, read> x: array<stored4>;
@group(0) @binding(1) var<storage, read_write> part: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.slices * params.columns4) {
    return;
  }
  let column = thread % params.columns4;
  let first = (thread / params.columns4) * params.rowsPerSlice;
  let end = min(first + params.rowsPerSlice, params.rows);
  var sum = vec4f();
  for (var row = first; row < end; row++) {
    sum += readX(row * params.columns4 + column);
  }
  part[thread] = sum;
}
