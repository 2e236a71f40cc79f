// Gradient of gather: row r of dx is the sum of the rows of dy whose index is firstRow + r. Rows that no index names
// must be zero already. The thread of the last position with some index adds up all of them, first to last, along the
// chain that gather.next.wgsl made: no atomics, a fixed order, and work in proportion to dy.
//
// One thread owns four columns of one position; those of all but the last position of a chain have nothing to do.
struct Params {
  rows: u32,
  firstRow: u32,
  width4: u32, // width / 4
  positions: u32,
}

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read> next: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

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
  let last = thread / params.width4;
  let column = thread % params.width4;
  let row = indices[last] - params.firstRow; // wraps around to a large number below firstRow
  var position = next[last];
  if (position > last || row >= params.rows) {
    return;
  }
  var sum = dy[position * params.width4 + column];
  while (position != last) {
    position = next[position];
    sum += dy[position * params.width4 + column];
  }
  dx[row * params.width4 + column] = sum;
}
