// y = f(op(a) op(b) + bias) + residual from registers and cache alone: the first choice on Apple's GPUs where they list
// no subgroup matrices: their caches are near and their workgroup memory is no faster (jax-js and surfgrad do without
// it too). Grid as in matmul.wgsl.
//
// A thread owns 8 x 8 values of y: 16 vectors loaded over four k's feed 256 multiply-adds. A workgroup is 8 x 8 threads
// and owns 64 x 64; a thread's second four rows and columns lie half a tile on, so that neighbouring threads read
// neighbouring vectors and four rows of threads share their loads of op(b). No barrier.
#include blocks.include.wgsl

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.x * 64u + local.y * 4u;
  let column = group.y * 64u + local.x * 4u;
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);
#for m in 0..16
  var c$m = vec4f();
#end

  for (var k = begin; k < end; k += 4u) {
#for h in 0..2
    let left$h = byInner(leftVectors(group.z, row + ${32*h}u, k, end), !transposeA, k, end);
    let right$h = byInner(rightVectors(group.z, column + ${32*h}u, k, end), transposeB, k, end);
#end
#for u in 0..4
#for h in 0..2
#for r in 0..4
    c${8*h+r} += left$h[$u][$r] * right0[$u];
    c${8*h+4+r} += left$h[$u][$r] * right1[$u];
#end
#end
#end
  }

  // Four rows at a time, always from the first registers: sixteen activations are much code.
  for (var i = 0u; i < 4u; i++) {
#for r in 0..4
    store(group.z, row + i / 2u * 32u + ${r}u, column + i % 2u * 32u, c$r);
#end
#for m in 0..12
    c$m = c${m+4};
#end
  }
}
