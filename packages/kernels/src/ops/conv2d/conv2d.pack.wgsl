// Reorders a weight [out, in, kernel height, kernel width] for conv2d.wgsl: packed [taps, rows4 * 4, columns4] of four
// neighbouring columns. Rows are the channels that are summed over, columns those of the result: in and out, or for
// the gradient of the input out and in, with the taps in reverse. What is padding on either axis becomes zero.
//
// One thread owns one vec4 of the packed weight.
struct Params {
  taps: u32, // kernel height * kernel width
  rows: u32,
  rows4: u32, // ceil(rows / 4)
  columns: u32,
  columns4: u32,
  rowStride: u32, // in values of the weight
  columnStride: u32,
  reversed: u32, // 1: the last tap comes first
}

@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  let paddedRows = params.rows4 * 4u;
  if (thread >= params.taps * paddedRows * params.columns4) {
    return;
  }
  let row = (thread / params.columns4) % paddedRows;
  let position = thread / (params.columns4 * paddedRows);
  let tap = select(position, params.taps - 1u - position, params.reversed == 1u);
  var value = vec4f();
  #for lane in 0..4
  let column$lane = (thread % params.columns4) * 4u + $lane;
  if (row < params.rows && column$lane < params.columns) {
    value[$lane] = weight[row * params.rowStride + column$lane * params.columnStride + tap];
  }
  #end
  packed[thread] = value;
}
