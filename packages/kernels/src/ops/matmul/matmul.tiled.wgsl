// y = f(op(a) op(b) + bias) + residual through workgroup memory: the first choice on GPUs but Apple's. Grid as in
// matmul.wgsl.
//
// A workgroup of 256 threads owns 128 x 128 values of y where `wide` (8 x 8 to a thread: 16 reads of four values each
// from workgroup memory feed 256 multiply-adds), else 64 x 64 (4 x 4 to a thread), for outputs that would leave the
// device idle. It walks the inner dimension in steps of 16 (32), half of the threads copying a block of 4 x 4 of op(a)
// each and half one of op(b). The vectors of the next step are asked for before the products of this one, so that the
// memory's latency passes behind them; they are turned and cut only when they are stored, since that waits for them.
//
// The tiles hold vectors of four rows (columns) for each k. A subgroup of 32 covers 4 x 8 threads, which read 4 and 8
// neighbouring vectors: no bank conflicts, and as few different ones as can be. When neighbouring threads copy along k,
// for whole cache lines of a row-major matrix, they would all store to the same banks; `swizzle` gives each four of k's
// other ones. 16 KiB and 256 threads are what every device has. Written for NVIDIA and Intel.
#include blocks.include.wgsl

override wide: bool;

// op(a) [k, rows / 4], then op(b) [k, columns / 4]. In two dimensions, for the index that WebGPU checks to be one that
// the compiler knows, and one that stays: a check for each read would cost a tenth of the products.
var<workgroup> tile: array<array<vec4f, 16>, 64>;

fn swizzle(k4: u32) -> u32 {
  return k4 * select(1u, 2u, wide);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let size = select(64u, 128u, wide);
  let groups = size / 4u;
  let lines = groups / 16u; // of the tile for each k
  let depth = 2048u / size;
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);

  // x: which four rows or columns this thread copies, y: which four of k.
  let copiesLeft = thread < 128u;
  let alongInner = select(transposeB, !transposeA, copiesLeft);
  let block = thread % 128u;
  let copied = select(
    vec2u(block % groups, block / groups),
    vec2u(block / (depth / 4u), block % (depth / 4u)),
    alongInner,
  );
  let line = select(32u, 0u, copiesLeft) + copied.y * 4u * lines + copied.x / 16u;
  let place = (copied.x % 16u) ^ swizzle(copied.y);
  let aRow = group.x * size + copied.x * 4u;
  let bColumn = group.y * size + copied.x * 4u;

  // x: which four columns it owns (and the ones half a tile on), y: which four rows.
  let owned = vec2u(thread / 32u % 2u * 8u + thread % 8u, thread / 64u * 4u + thread / 8u % 4u);
#for m in 0..16
  var c$m = vec4f();
#end

  var k = begin + copied.y * 4u;
  var vectors: mat4x4f;
  if (copiesLeft) {
    vectors = leftVectors(group.z, aRow, k, end);
  } else {
    vectors = rightVectors(group.z, bColumn, k, end);
  }
  for (var step = begin; step < end; step += depth) {
    let values = byInner(vectors, alongInner, k, end);
    workgroupBarrier();
#for u in 0..4
    tile[line + ${u}u * lines][place] = values[$u];
#end
    workgroupBarrier();
    k += depth;
    if (copiesLeft) {
      vectors = leftVectors(group.z, aRow, k, end);
    } else {
      vectors = rightVectors(group.z, bColumn, k, end);
    }
    for (var k4 = 0u; k4 < depth / 4u; k4++) {
      let at = owned ^ vec2u(swizzle(k4)); // y: place of its vectors in the lines of op(a), x: of op(b)
#for u in 0..4
      {
        let first = (k4 * 4u + ${u}u) * lines;
        let left = tile[first][at.y];
        let right = tile[first + 32u][at.x];
#for r in 0..4
        c$r += left[$r] * right;
#end
        if (wide) {
          let lower = tile[first + 1u][at.y];
          let farther = tile[first + 33u][at.x];
#for r in 0..4
          c${4+r} += left[$r] * farther;
          c${8+r} += lower[$r] * right;
          c${12+r} += lower[$r] * farther;
#end
        }
      }
#end
    }
  }

  // Four rows at a time, always from the first registers: sixteen activations are much code.
  for (var i = 0u; i < select(1u, 4u, wide); i++) {
    let row = group.x * size + owned.y * 4u + i / 2u * 64u;
    let column = group.y * size + owned.x * 4u + i % 2u * 64u;
#for r in 0..4
    store(group.z, row + ${r}u, column, c$r);
#end
#for m in 0..12
    c$m = c${m+4};
#end
  }
}
