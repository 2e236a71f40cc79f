// What the kernels that read and write four values at a time have in common.
struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
  bInner: u32, // between the elements (k, j) and (k + 1, j) of op(b): 1 where it is transposed
  aBatch: u32, // 0 where z counts slices
  bBatch: u32,
  slice: u32, // inner values of one z, a multiple of 8 where there are several
  sliceStep: u32, // 0 where z counts batches
  activation: u32,
  hasScale: u32,
  hasBias: u32,
  hasResidual: u32,
  keepPreactivation: u32,
}

@group(0) @binding(2) var<storage, read> bias: array<vec4f>; // [columns]
@group(0) @binding(3) var<storage, read> residual: array<vec4f>; // [rows, columns]
@group(0) @binding(4) var<storage, read_write> y: array<stored4>; // [batch, rows, columns]
@group(0) @binding(5) var<storage, read_write> preactivation: array<stored4>;
@group(0) @binding(6) var<storage, read> scale: array<vec4f>; // [columns], where b is of bytes
@group(0) @binding(7) var<uniform> params: Params;

#include ../activation/activation.include.wgsl

// y = f(sums * scale + bias) + residual for four columns of one row, unless they lie past the edge.
fn store(z: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= params.rows || column >= params.columns) {
    return;
  }
  let at = (z * params.rows + row) * (params.columns / 4u) + column / 4u;
  var value = sums;
  if (params.hasScale != 0u) {
    value *= scale[column / 4u];
  }
  if (params.hasBias != 0u) {
    value += bias[column / 4u];
  }
  if (params.keepPreactivation != 0u) {
    writePreactivation(at, value);
  }
  value = activate(params.activation, value);
  if (params.hasResidual != 0u) {
    value += residual[at];
  }
  writeY(at, value);
}
