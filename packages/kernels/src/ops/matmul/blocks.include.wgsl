// Blocks of 4 x 4 values for the kernels that read and write four at a time: y = f(op(a) op(b) + bias) + residual.
// Vectors must be whole: columns % 4 = 0; inner % 4 = 0, or rows % 4 = 0 where a is transposed; inner % 4 = 0 where b
// is.
#include interface.include.wgsl

@group(0) @binding(0) var<storage, read> a: array<stored4>;
@group(0) @binding(1) var<storage, read> b: array<stored4>;

override transposeA: bool;
override transposeB: bool;

// The four vectors of a that hold rows row .. row + 3 of op(a) at inner indices k .. k + 3, as they lie in memory: one
// per row, or one per k where a is transposed. Where they would lie past an edge, others are read instead.
fn leftVectors(z: u32, row: u32, k: u32, end: u32) -> mat4x4f {
  let start = z * (params.aBatch / 4u);
  if (transposeA) {
    let rows4 = params.rows / 4u;
    let at = start + min(row / 4u, rows4 - 1u);
    let last = end - 1u;
    return mat4x4f(
      readA(at + min(k, last) * rows4),
      readA(at + min(k + 1u, last) * rows4),
      readA(at + min(k + 2u, last) * rows4),
      readA(at + min(k + 3u, last) * rows4),
    );
  }
  let inner4 = params.inner / 4u;
  let at = start + min(k, end - 4u) / 4u;
  let last = params.rows - 1u;
  return mat4x4f(
    readA(at + min(row, last) * inner4),
    readA(at + min(row + 1u, last) * inner4),
    readA(at + min(row + 2u, last) * inner4),
    readA(at + min(row + 3u, last) * inner4),
  );
}

// The same of op(b): columns column .. column + 3, one vector per k, or per column where b is transposed.
fn rightVectors(z: u32, column: u32, k: u32, end: u32) -> mat4x4f {
  let start = z * (params.bBatch / 4u);
  let inside = min(column, params.columns - 4u);
  if (transposeB) {
    let inner4 = params.inner / 4u;
    let at = start + inside * inner4 + min(k, end - 4u) / 4u;
    return mat4x4f(readB(at), readB(at + inner4), readB(at + 2u * inner4), readB(at + 3u * inner4));
  }
  let columns4 = params.columns / 4u;
  let at = start + inside / 4u;
  let last = end - 1u;
  return mat4x4f(
    readB(at + min(k, last) * columns4),
    readB(at + min(k + 1u, last) * columns4),
    readB(at + min(k + 2u, last) * columns4),
    readB(at + min(k + 3u, last) * columns4),
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
