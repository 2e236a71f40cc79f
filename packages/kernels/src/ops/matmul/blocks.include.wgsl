// Shared by the kernels that read and write four values at a time: y = f(op(a) op(b) + bias) + residual.
// Vectors must be whole: columns % 4 = 0; inner % 4 = 0, or rows % 4 = 0 where a is transposed; inner % 4 = 0 where b is.
struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
  aBatch: u32, // 0 where z counts slices
  bBatch: u32,
  slice: u32, // inner values of one z, a multiple of 4 where there are several
  sliceStep: u32, // 0 where z counts batches
  activation: u32,
  hasBias: u32,
  hasResidual: u32,
  keepPreactivation: u32,
}

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>; // [columns]
@group(0) @binding(3) var<storage, read> residual: array<vec4f>; // [rows, columns]
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> preactivation: array<vec4f>;
@group(0) @binding(6) var<uniform> params: Params;

override transposeA: bool;
override transposeB: bool;

#include activation.include.wgsl

// The four vectors of a that hold rows row .. row + 3 of op(a) at inner indices k .. k + 3, as they lie in memory: one per row,
// or one per k where a is transposed. Where they would lie past an edge, others are read instead.
fn leftVectors(z: u32, row: u32, k: u32, end: u32) -> mat4x4f {
  let start = z * (params.aBatch / 4u);
  if (transposeA) {
    let rows4 = params.rows / 4u;
    let at = start + min(row / 4u, rows4 - 1u);
    let last = end - 1u;
    return mat4x4f(
      a[at + min(k, last) * rows4],
      a[at + min(k + 1u, last) * rows4],
      a[at + min(k + 2u, last) * rows4],
      a[at + min(k + 3u, last) * rows4],
    );
  }
  let inner4 = params.inner / 4u;
  let at = start + min(k, end - 4u) / 4u;
  let last = params.rows - 1u;
  return mat4x4f(
    a[at + min(row, last) * inner4],
    a[at + min(row + 1u, last) * inner4],
    a[at + min(row + 2u, last) * inner4],
    a[at + min(row + 3u, last) * inner4],
  );
}

// The same of op(b): columns column .. column + 3, one vector per k, or per column where b is transposed.
fn rightVectors(z: u32, column: u32, k: u32, end: u32) -> mat4x4f {
  let start = z * (params.bBatch / 4u);
  let inside = min(column, params.columns - 4u);
  if (transposeB) {
    let inner4 = params.inner / 4u;
    let at = start + inside * inner4 + min(k, end - 4u) / 4u;
    return mat4x4f(b[at], b[at + inner4], b[at + 2u * inner4], b[at + 3u * inner4]);
  }
  let columns4 = params.columns / 4u;
  let at = start + inside / 4u;
  let last = end - 1u;
  return mat4x4f(
    b[at + min(k, last) * columns4],
    b[at + min(k + 1u, last) * columns4],
    b[at + min(k + 2u, last) * columns4],
    b[at + min(k + 3u, last) * columns4],
  );
}

// One vector per k out of such four; zero from `end` on.
fn byInner(vectors: mat4x4f, transposed: bool, k: u32, end: u32) -> mat4x4f {
  var block = vectors;
  if (transposed) {
    block = transpose(vectors);
  }
  if (k + 4u > end) {
#for u in 0..4
    block[$u] = select(vec4f(), block[$u], k + ${u}u < end);
#end
  }
  return block;
}

fn store(z: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= params.rows || column >= params.columns) {
    return;
  }
  let at = (z * params.rows + row) * (params.columns / 4u) + column / 4u;
  var value = sums;
  if (params.hasBias != 0u) {
    value += bias[column / 4u];
  }
  if (params.keepPreactivation != 0u) {
    preactivation[at] = value;
  }
  value = activate(params.activation, value);
  if (params.hasResidual != 0u) {
    value += residual[at];
  }
  y[at] = value;
}
