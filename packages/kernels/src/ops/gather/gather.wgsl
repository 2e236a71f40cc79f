// y [positions, width] = the rows of x [rows, width] that the indices name. Bits are copied, whatever their type. x
// holds the rows from firstRow on of a table: an index of any other row reads zeros. One thread owns four columns of
// one position.
struct Params {
  rows: u32,
  firstRow: u32,
  width4: u32, // width / 4
  positions: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4u>;
@group(0) @binding(3) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.positions * params.width4) {
    return;
  }
  let row = indices[thread / params.width4] - params.firstRow; // wraps around to a large number below firstRow
  if (row < params.rows) {
    y[thread] = x[row * params.width4 + thread % params.width4];
  } else {
    y[thread] = vec4u();
  }
}
