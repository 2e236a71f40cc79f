// What the kernels that read and write four values at a time have in common; a, b, y and the pre-activation are in one of the two
// storage.*.include.wgsl.
struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
  aBatch: u32, // 0 where z counts slices
  bBatch: u32,
  slice: u32, // inner values of one z, a multiple of 8 where there are several
  sliceStep: u32, // 0 where z counts batches
  activation: u32,
  hasBias: u32,
  hasResidual: u32,
  keepPreactivation: u32,
  halfResult: u32, // only where a and b are halves
}

@group(0) @binding(2) var<storage, read> bias: array<vec4f>; // [columns]
@group(0) @binding(3) var<storage, read> residual: array<vec4f>; // [rows, columns]
@group(0) @binding(6) var<uniform> params: Params;

override transposeA: bool;
override transposeB: bool;

#include activation.include.wgsl
