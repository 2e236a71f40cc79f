// y = f(op(a) op(b) + bias) + residual, for any size and layout: element (i, k) of op(a) lies at i * aRow + k * aInner,
// element (k, j) of op(b) at k * bInner + j * bColumn. Runs anywhere; the other kernels are faster where they can run.
//
// One thread owns 4 x 4 values of y in registers: eight loads feed sixteen multiply-adds, without workgroup memory or
// barriers. Rows and columns past the edge are clamped to the last one and not stored. Workgroups of neighbouring row
// tiles run one after the other, so that their panel of b stays in cache. The z axis of the grid counts batches, or
// slices of the inner dimension that a second kernel adds up.
struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
  aRow: u32,
  aInner: u32,
  bInner: u32,
  bColumn: u32,
  aBatch: u32, // 0 where z counts slices
  bBatch: u32,
  slice: u32, // inner values of one z
  sliceStep: u32, // 0 where z counts batches
  activation: u32,
  hasBias: u32,
  hasResidual: u32,
  keepPreactivation: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>; // [columns]
@group(0) @binding(3) var<storage, read> residual: array<f32>; // [rows, columns]
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> preactivation: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

#include ../activation/activation.include.wgsl

fn store(start: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= params.rows || column >= params.columns) {
    return;
  }
  let first = start + row * params.columns + column;
  let count = min(params.columns - column, 4u);
  var value = sums;
  if (params.hasBias != 0u) {
    for (var j = 0u; j < count; j++) {
      value[j] += bias[column + j];
    }
  }
  if (params.keepPreactivation != 0u) {
    for (var j = 0u; j < count; j++) {
      preactivation[first + j] = value[j];
    }
  }
  value = activate(params.activation, value);
  if (params.hasResidual != 0u) {
    for (var j = 0u; j < count; j++) {
      value[j] += residual[first + j];
    }
  }
  for (var j = 0u; j < count; j++) {
    y[first + j] = value[j];
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.x * 32u + local.y * 4u;
  let column = group.y * 32u + local.x * 4u;
  if (row >= params.rows || column >= params.columns) {
    return;
  }
  let lastRow = params.rows - 1u;
  let lastColumn = params.columns - 1u;
  let aStart = group.z * params.aBatch;
  let bStart = group.z * params.bBatch;
#for r in 0..4
  let a$r = aStart + min(row + ${r}u, lastRow) * params.aRow;
  let b$r = bStart + min(column + ${r}u, lastColumn) * params.bColumn;
  var c$r = vec4f();
#end
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);
  for (var k = begin; k < end; k++) {
    let ak = k * params.aInner;
    let bk = k * params.bInner;
    let right = vec4f(b[b0 + bk], b[b1 + bk], b[b2 + bk], b[b3 + bk]);
#for r in 0..4
    c$r += a[a$r + ak] * right;
#end
  }
  let start = group.z * params.rows * params.columns;
  // One row at a time, always from the first register: four times the code of an activation takes long to compile.
  for (var r = 0u; r < 4u; r++) {
    store(start, row + r, column, c0);
#for m in 0..3
    c$m = c${m+1};
#end
  }
}
