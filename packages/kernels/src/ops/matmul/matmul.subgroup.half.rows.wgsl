// matmul.subgroup.half.wgsl for an a that is not transposed and an inner dimension that is a multiple of 8: a row of a is loaded
// eight halves at a time, for two turns of the loop. Unrolled instead, the code would outgrow the instruction cache (0.8 of the
// speed). The same for the columns of a transposed b is slower, as four more vectors would have to outlive a turn.
enable subgroups;

#include storage.half.include.wgsl
#include interface.include.wgsl

@group(0) @binding(7) var<storage, read> aWide: array<vec4u>; // a once more

override tall: bool;

fn store(start: u32, row: u32, sum: vec4f) {
  if (row < params.rows) {
    writeY(start + row * (params.columns / 4u), sum);
  }
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x * select(16u, 32u, tall);
  let column4 = group.y * 8u + lane;
  let inner8 = params.inner / 8u;
  let inner4 = params.inner / 4u;
  let columns4 = params.columns / 4u;
  let aStart = group.z * params.aBatch / 8u;
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);

  let bColumn = group.z * params.bBatch / 4u + min(column4, columns4 - 1u);
#for r in 0..4
  let aRow$r = aStart + min(row + ${8*r}u + lane, params.rows - 1u) * inner8;
  let bRow$r = group.z * params.bBatch / 4u + min(column4 * 4u + ${r}u, params.columns - 1u) * inner4;
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
      aWords0 = aWide[aRow0 + k / 2u];
      aWords1 = aWide[aRow1 + k / 2u];
      if (tall) {
        aWords2 = aWide[aRow2 + k / 2u];
        aWords3 = aWide[aRow3 + k / 2u];
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
    } else {
#for u in 0..4
      right$u = readB(bAt + ${u}u * columns4);
#end
      bAt += 4u * columns4;
    }
#for r in 0..4
    let left$r = unpackHalves(select(aWords$r.xy, aWords$r.zw, isSecond));
#end
#include subgroup.products.include.wgsl
  }

#include subgroup.epilogue.include.wgsl
}
