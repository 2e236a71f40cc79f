// y = f(op(a) op(b) + bias) + residual for a few rows (one query), where reading op(b) is all the work: a tile of 64 x
// 64 would idle in most of its rows, and there would be few tiles. Grid as in matmul.wgsl.
//
// A workgroup owns four rows and 32 columns (16 where b is transposed) and shares out the inner dimension between its
// threads, each of which adds up blocks of 4 x 4 x 4 for its own four columns; a tree in workgroup memory adds up the
// threads. Neighbouring threads follow the contiguous axis of b: 8 take neighbouring columns, or 64 neighbouring k's
// where b is transposed. On lavapipe, rows 1 to 4, it took 1.6 to 2.9 times as long as the subgroup kernel.
#include blocks.include.wgsl

var<workgroup> partial: array<vec4f, 1024>; // [row, share of the inner dimension, four columns]

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let vectors = select(8u, 4u, transposeB);
  let shares = 256u / vectors;
  let vector = select(thread % 8u, thread / 64u, transposeB);
  let share = select(thread / 8u, thread % 64u, transposeB);
  let row = group.x * 4u;
  let column = (group.y * vectors + vector) * 4u;
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);
#for r in 0..4
  var c$r = vec4f();
#end
  for (var k = begin + share * 4u; k < end; k += shares * 4u) {
    let left = byInner(leftVectors(group.z, row, k, end), !transposeA, k, end);
    let right = byInner(rightVectors(group.z, column, k, end), transposeB, k, end);
#for r in 0..4
    c$r += left[0][$r] * right[0] + left[1][$r] * right[1] + left[2][$r] * right[2] + left[3][$r] * right[3];
#end
  }

  let slot = share * vectors + vector;
#for r in 0..4
  partial[${256*r}u + slot] = c$r;
#end
  workgroupBarrier();
  for (var half = shares / 2u; half > 0u; half /= 2u) {
    if (share < half) {
#for r in 0..4
      partial[${256*r}u + slot] += partial[${256*r}u + slot + half * vectors];
#end
    }
    workgroupBarrier();
  }
  if (share < 4u) {
    store(group.z, row + share, column, partial[256u * share + vector]);
  }
}
