// As gather.backward.wgsl, for rows whose width is not a multiple of four: one thread owns one value of one position.
struct Params {
  rows: u32,
  firstRow: u32,
  width: u32,
  positions: u32,
}

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read> next: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

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
  let last = thread / params.width;
  let column = thread % params.width;
  let row = indices[last] - params.firstRow; // wraps around to a large number below firstRow
  var position = next[last];
  if (position > last || row >= params.rows) {
    return;
  }
  var sum = dy[position * params.width + column];
  while (position != last) {
    position = next[position];
    sum += dy[position * params.width + column];
  }
  dx[row * params.width + column] = sum;
}
