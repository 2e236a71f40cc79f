// Gradients of layernorm with respect to weight and bias: sums over all rows, in two stages without atomics, so that
// the order of additions is fixed. This is stage one; `sum` adds up the parts.
//
// One thread owns four columns of one slice of rows: neighbouring threads read neighbouring columns.
struct Params {
  rows: u32,
  width4: u32,
  rowsPerSlice: u32,
  slices: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<stored4>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> partWeight: array<vec4f>; // [slices, width]
@group(0) @binding(4) var<storage, read_write> partBias: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.slices * params.width4) {
    return;
  }
  let column = thread % params.width4;
  let first = (thread / params.width4) * params.rowsPerSlice;
  let end = min(first + params.rowsPerSlice, params.rows);
  var weight = vec4f();
  var bias = vec4f();
  for (var row = first; row < end; row++) {
    let g = readDy(row * params.width4 + column);
    let statistic = statistics[row];
    weight += g * (x[row * params.width4 + column] - statistic.x) * statistic.y;
    bias += g;
  }
  partWeight[thread] = weight;
  partBias[thread] = bias;
}
