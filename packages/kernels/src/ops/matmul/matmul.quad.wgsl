// matmul.subgroup.wgsl for subgroups of exactly four lanes (SwiftShader), where registers are few and every line is
// dear to compile.
//
// One subgroup owns a tile of eight rows (four unless `tall`) and 32 columns. Per step over four inner values k, each
// lane holds
//   left0..1   four k of its rows of op(a), 4 r + lane, handed to the others by subgroupShuffle from a constant lane
//   right0..7  its two vectors of op(b), 16 columns apart, for each k
// Measured on SwiftShader at [272, 128] x [128, 512]: 6.2 GFLOP/s, with 65 ms to compile. 16 x 16 ran at 5.7, 16 x 32
// at 4.3, 32 x 32 at 4.4 with 290 ms to compile: their accumulators spill.
// Rows and columns past the edge are clamped to the last ones and not stored. Vectors must be whole: inner % 4 = 0 and
// columns % 4 = 0. For an a that is not transposed. Grid as in matmul.wgsl.
enable subgroups;

#include interface.include.wgsl

@group(0) @binding(0) var<storage, read> a: array<stored4>;
@group(0) @binding(1) var<storage, read> b: array<stored4>;

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x * 8u;
  let column = group.y * 32u + lane * 4u;
  let both = row + 4u < params.rows; // else the lower half of the tile is past the edge
  let inner4 = params.inner / 4u;
  let columns4 = params.columns / 4u;
  let aStart = group.z * params.aBatch / 4u;
  let bStart = group.z * params.bBatch / 4u;
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);
#for r in 0..2
  let aRow$r = aStart + min(row + ${4*r}u + lane, params.rows - 1u) * inner4;
#end
  // b as it lies in memory: `turned` where that is [columns, inner].
  let turned = params.bInner == 1u;
  let bStep = select(columns4, inner4, turned);
  let bNext = select(4u * columns4, 1u, turned);
#for v in 0..2
  let inside$v = min(column + ${16*v}u, params.columns - 4u);
  let b$v = bStart + select(inside$v / 4u, inside$v * inner4, turned);
#end
#for m in 0..16
  var c$m = vec4f();
#end

  for (var k = begin / 4u; k * 4u < end; k++) {
    let left0 = readA(aRow0 + k);
    let left1 = readA(aRow1 + k);
#for v in 0..2
#for u in 0..4
    let q${4*v+u} = readB(b$v + k * bNext + ${u}u * bStep);
#end
    let right$v = mat4x4f(
      select(q${4*v+0}, vec4f(q${4*v+0}.x, q${4*v+1}.x, q${4*v+2}.x, q${4*v+3}.x), turned),
      select(q${4*v+1}, vec4f(q${4*v+0}.y, q${4*v+1}.y, q${4*v+2}.y, q${4*v+3}.y), turned),
      select(q${4*v+2}, vec4f(q${4*v+0}.z, q${4*v+1}.z, q${4*v+2}.z, q${4*v+3}.z), turned),
      select(q${4*v+3}, vec4f(q${4*v+0}.w, q${4*v+1}.w, q${4*v+2}.w, q${4*v+3}.w), turned),
    );
#end
#for r in 0..2
    if ($r == 0 || both) {
#for l in 0..4
      {
        let x = subgroupShuffle(left$r.x, ${l}u);
        let y = subgroupShuffle(left$r.y, ${l}u);
        let z = subgroupShuffle(left$r.z, ${l}u);
        let w = subgroupShuffle(left$r.w, ${l}u);
#for v in 0..2
        c${8*r+2*l+v} += x * right$v[0] + y * right$v[1] + z * right$v[2] + w * right$v[3];
#end
      }
#end
    }
#end
  }

  // One vector at a time, always from the first register: sixteen activations are much code.
  for (var i = 0u; i < select(8u, 16u, both); i++) {
    store(group.z, row + i / 2u, column + i % 2u * 16u, c0);
#for m in 0..15
    c$m = c${m+1};
#end
  }
}
