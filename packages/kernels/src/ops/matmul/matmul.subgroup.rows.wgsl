// matmul.subgroup.wgsl for an a of halves that is not transposed, and an inner dimension that is a multiple of 8: a row
// of a is loaded eight halves at a time, for two turns of the loop. Unrolled instead, the code would outgrow the
// instruction cache (0.8 of the speed). The same for the columns of a transposed b is slower, as four more vectors
// would have to outlive a turn.
enable subgroups;

#include interface.include.wgsl

@group(0) @binding(0) var<storage, read> a: array<vec4u>; // eight halves each
@group(0) @binding(1) var<storage, read> b: array<stored4>;

override transposeA: bool;
override transposeB: bool;
override tall: bool;

fn unpackHalves(words: vec2u) -> vec4f {
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}

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
  if (params.hasBias != 0u) {
    initial = bias[min(column4, columns4 - 1u)];
  }
#for m in 0..32
  var c$m = initial;
#end

  var bAt = bColumn + begin * columns4;
#for r in 0..4
  var aWords$r: vec4u;
#end
  for (var k = begin / 4u; k * 4u < end; k++) {
    let isSecond = (k & 1u) == 1u;
    if (!isSecond) {
      aWords0 = a[(aRow0 + k) / 2u];
      aWords1 = a[(aRow1 + k) / 2u];
      if (tall) {
        aWords2 = a[(aRow2 + k) / 2u];
        aWords3 = a[(aRow3 + k) / 2u];
      }
    }
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
    let left$r = unpackHalves(select(aWords$r.xy, aWords$r.zw, isSecond));
#end
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
  if (params.activation == 0u && params.hasResidual == 0u && params.keepPreactivation == 0u) {
    return;
  }
  // Each lane takes up again what it has just stored: the code of the activation would take long to compile 32 times.
  let lastRow = min(row + select(16u, 32u, tall), params.rows);
  for (var i = row; i < lastRow; i++) {
    let at = start + i * columns4;
    var value = readY(at);
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
