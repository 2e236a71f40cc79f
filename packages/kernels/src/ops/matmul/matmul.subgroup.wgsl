// y = f(op(a) op(b) + bias) + residual for subgroups of exactly eight lanes (CPU Vulkan), where the number of loads
// decides the time: no workgroup memory, no barrier, and each vec4 that a lane loads is used by all eight.
//
// One subgroup owns a tile of 32 rows (16 unless `tall`) and 32 columns. Per step over four inner values k, each lane
// holds
//   right0..3  its four columns of op(b), one register per k
//   left0..3   four k of its four rows of op(a), handed to the others by subgroupShuffle from a constant lane
// On lavapipe such a shuffle is one permutation, a subgroupBroadcast about three instructions. Larger tiles load less
// per product, but none was faster: 32 x 64 took 1.1 times as long, 16 x 64 1.2 times. Their loops are up to 46 KB of
// machine code instead of 25, with an instruction cache of 32 KiB, and spill more.
// The layouts differ only in how these are loaded and in which rows a lane holds: 8 r + lane, or 4 lane + r where the
// rows of op(a) are contiguous. Rows past the edge are clamped to the last one and not stored, columns likewise.
// Vectors must be whole: columns % 4 = 0, and inner % 4 = 0, or rows % 4 = 0 where a is transposed (inner is then
// free). Not both may be transposed, and with a transposed the tile must be tall. Grid as in matmul.wgsl.
// Halves are half the bytes to load, which makes this 1.5 times as fast as with floats.
enable subgroups;

#include interface.include.wgsl

@group(0) @binding(0) var<storage, read> a: array<stored4>;
@group(0) @binding(1) var<storage, read> b: array<stored4>;

override transposeA: bool;
override transposeB: bool;
override tall: bool;

fn storeSums(start: u32, row: u32, sum: vec4f) {
  if (row < params.rows) {
    writeY(start + row * (params.columns / 4u), sum);
  }
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x * select(16u, 32u, tall);
  let column4 = group.y * 8u + lane;
  let inner4 = params.inner / 4u;
  let rows4 = params.rows / 4u;
  let columns4 = params.columns / 4u;
  let aStart = group.z * params.aBatch / 4u;
  let bStart = group.z * params.bBatch / 4u;
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);

  let aColumn = aStart + min(row / 4u + lane, rows4 - 1u);
  let bColumn = bStart + min(column4, columns4 - 1u);
#for r in 0..4
  let aRow$r = aStart + min(row + ${8*r}u + lane, params.rows - 1u) * inner4;
  let bRow$r = bStart + min(column4 * 4u + ${r}u, params.columns - 1u) * inner4;
#end
  var initial = vec4f();
  if (params.hasBias != 0u && params.hasScale == 0u) {
    initial = bias[min(column4, columns4 - 1u)];
  }
#for m in 0..32
  var c$m = initial;
#end

  var bAt = bColumn + begin * columns4;
  for (var k = begin / 4u; k * 4u < end; k++) {
    // b before a: the other way round lavapipe's code takes up to a sixth longer (measured; the cause is not known).
#for r in 0..4
    var right$r: vec4f;
#end
    if (transposeB) {
#for r in 0..4
      let q$r = readB(bRow$r + k);
#end
      right0 = vec4f(q0.x, q1.x, q2.x, q3.x);
      right1 = vec4f(q0.y, q1.y, q2.y, q3.y);
      right2 = vec4f(q0.z, q1.z, q2.z, q3.z);
      right3 = vec4f(q0.w, q1.w, q2.w, q3.w);
    } else if (transposeA) {
#for u in 0..4
      right$u = readB(min(k * 4u + ${u}u, end - 1u) * columns4 + bColumn);
#end
    } else {
#for u in 0..4
      right$u = readB(bAt + ${u}u * columns4);
#end
      bAt += 4u * columns4;
    }
#for r in 0..4
    var left$r: vec4f;
#end
    if (transposeA) {
#for u in 0..4
      // Zeros past the end of inner.
      let p$u = select(vec4f(), readA(min(k * 4u + ${u}u, end - 1u) * rows4 + aColumn), k * 4u + ${u}u < end);
#end
      left0 = vec4f(p0.x, p1.x, p2.x, p3.x);
      left1 = vec4f(p0.y, p1.y, p2.y, p3.y);
      left2 = vec4f(p0.z, p1.z, p2.z, p3.z);
      left3 = vec4f(p0.w, p1.w, p2.w, p3.w);
    } else {
      left0 = readA(aRow0 + k);
      left1 = readA(aRow1 + k);
      if (tall) {
        left2 = readA(aRow2 + k);
        left3 = readA(aRow3 + k);
      }
    }
#for r in 0..2
#for l in 0..8
    c${8*r+l} += subgroupShuffle(left$r.x, ${l}u) * right0 + subgroupShuffle(left$r.y, ${l}u) * right1
      + subgroupShuffle(left$r.z, ${l}u) * right2 + subgroupShuffle(left$r.w, ${l}u) * right3;
#end
#end
    if (tall) {
#for r in 2..4
#for l in 0..8
      c${8*r+l} += subgroupShuffle(left$r.x, ${l}u) * right0 + subgroupShuffle(left$r.y, ${l}u) * right1
        + subgroupShuffle(left$r.z, ${l}u) * right2 + subgroupShuffle(left$r.w, ${l}u) * right3;
#end
#end
    }
  }

  if (column4 >= columns4) {
    return;
  }
  let start = group.z * params.rows * columns4 + column4;
  // Eight rows at a time, always from the first eight registers: 32 stores take longer to compile than all the rest.
  for (var r = 0u; r < select(2u, 4u, tall) && row + select(8u * r, r, transposeA) < params.rows; r++) {
#for l in 0..8
    storeSums(start, row + select(8u * r + ${l}u, ${4*l}u + r, transposeA), c$l);
#end
#for m in 0..24
    c$m = c${m+8};
#end
  }
  if (params.activation == 0u && params.hasResidual == 0u && params.keepPreactivation == 0u && params.hasScale == 0u) {
    return;
  }
  // Sums of bytes are scaled before the bias is added.
  var factor = vec4f(1.0);
  var shift = vec4f();
  if (params.hasScale != 0u) {
    factor = scale[column4];
    if (params.hasBias != 0u) {
      shift = bias[column4];
    }
  }
  // Each lane takes up again what it has just stored: the code of the activation would take long to compile 32 times.
  let lastRow = min(row + select(16u, 32u, tall), params.rows);
  for (var i = row; i < lastRow; i++) {
    let at = start + i * columns4;
    var value = readY(at) * factor + shift;
    if (params.keepPreactivation != 0u) {
      writePreactivation(at, value);
    }
    value = activate(params.activation, value);
    if (params.hasResidual != 0u) {
      value += residual[at];
    }
    writeY(at, value);
  }
}
