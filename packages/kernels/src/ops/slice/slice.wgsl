// Copies columns from the rows of x into rows of y, with zeros where x has no such column. Bits are copied, whatever
// their type. One kernel does three jobs: slice (reads from the middle of x's rows), its gradient (a block between
// zeros), and one part of a concatenation (writes into the middle of y's rows).
//
// One thread owns four columns of one row. All sizes are divided by four.
struct Params {
  rows: u32,
  columns: u32, // written per row
  xRow: u32, // row lengths
  yRow: u32,
  xStart: i32, // the column of x that goes into the first column written; negative: that many zeros come first
  yStart: u32, // the first column written
}

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4u>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.rows * params.columns) {
    return;
  }
  let row = thread / params.columns;
  let column = thread % params.columns;
  let source = i32(column) + params.xStart;
  var value = vec4u();
  if (source >= 0 && source < i32(params.xRow)) {
    value = x[row * params.xRow + u32(source)];
  }
  y[row * params.yRow + params.yStart + column] = value;
}
