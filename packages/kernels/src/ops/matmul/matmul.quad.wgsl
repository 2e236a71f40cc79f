// matmul.subgroup.wgsl for subgroups of exactly four lanes (SwiftShader), for an a that is not transposed. Grid as in
// matmul.wgsl.
//
// One subgroup owns a tile of eight rows and 32 columns. Per step over four inner values k, each lane holds
//   left0..1   four k of its two rows of op(a), 4 r + lane, handed to the others by subgroupShuffle from a constant lane
//   right0..7  its two vectors of op(b), 16 columns apart, one register per k and vector
// SwiftShader has sixteen registers for what it runs of four lanes at once, so that larger tiles spill: 16 x 32 ran at
// 0.65 of the speed, 32 x 32 at 0.7, and took up to four times as long to compile. 8 x 16 and 4 x 32 ran at 0.75.
//
// SwiftShader runs both sides of every branch, masked, and only leaves out loops that no lane enters: hence no branch
// in the loop, and one pipeline for all layouts, since a page waits for each of them.
// Rows and columns past the edge are clamped to the last ones and not stored. Vectors must be whole: inner % 4 = 0 and
// columns % 4 = 0.
enable subgroups;

#include interface.include.wgsl

@group(0) @binding(0) var<storage, read> a: array<stored4>;
@group(0) @binding(1) var<storage, read> b: array<stored4>;

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x * 8u;
  let column4 = group.y * 8u + lane;
  let inner4 = params.inner / 4u;
  let columns4 = params.columns / 4u;
  let aStart = group.z * params.aBatch / 4u;
  let bStart = group.z * params.bBatch / 4u;
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);
#for r in 0..2
  let aRow$r = aStart + min(row + ${4*r}u + lane, params.rows - 1u) * inner4;
#end
  // Of b's vectors: from one k, or where b is transposed from one column, to the next; and from one step to the next.
  let transposeB = params.bInner == 1u;
  let bVector = select(columns4, inner4, transposeB);
  let bStep = select(4u * columns4, 1u, transposeB);
#for v in 0..2
  let inside$v = min(column4 + ${4*v}u, columns4 - 1u);
  let b$v = bStart + inside$v * select(1u, 4u * inner4, transposeB);
  var initial$v = vec4f();
  if (params.hasBias != 0u && params.hasScale == 0u) {
    initial$v = bias[inside$v];
  }
#end
#for r in 0..8
#for v in 0..2
  var c${2*r+v} = initial$v;
#end
#end

  for (var k = begin / 4u; k * 4u < end; k++) {
#for r in 0..2
    let left$r = readA(aRow$r + k);
#end
#for v in 0..2
#for u in 0..4
    let q${4*v+u} = readB(b$v + k * bStep + ${u}u * bVector);
#end
    let right${4*v} = select(q${4*v}, vec4f(q${4*v}.x, q${4*v+1}.x, q${4*v+2}.x, q${4*v+3}.x), transposeB);
    let right${4*v+1} = select(q${4*v+1}, vec4f(q${4*v}.y, q${4*v+1}.y, q${4*v+2}.y, q${4*v+3}.y), transposeB);
    let right${4*v+2} = select(q${4*v+2}, vec4f(q${4*v}.z, q${4*v+1}.z, q${4*v+2}.z, q${4*v+3}.z), transposeB);
    let right${4*v+3} = select(q${4*v+3}, vec4f(q${4*v}.w, q${4*v+1}.w, q${4*v+2}.w, q${4*v+3}.w), transposeB);
#end
#for r in 0..2
#for l in 0..4
    {
      let x = subgroupShuffle(left$r.x, ${l}u);
      let y = subgroupShuffle(left$r.y, ${l}u);
      let z = subgroupShuffle(left$r.z, ${l}u);
      let w = subgroupShuffle(left$r.w, ${l}u);
#for v in 0..2
      c${8*r+2*l+v} += x * right${4*v} + y * right${4*v+1} + z * right${4*v+2} + w * right${4*v+3};
#end
    }
#end
#end
  }

  let start = group.z * params.rows * columns4;
#for r in 0..8
  if (row + ${r}u < params.rows) {
#for v in 0..2
    if (column4 + ${4*v}u < columns4) {
      writeY(start + (row + ${r}u) * columns4 + column4 + ${4*v}u, c${2*r+v});
    }
#end
  }
#end
  // Each lane takes up again what it has just stored, in a loop that most products leave out: an activation runs all of
  // its cases, and is long to compile.
  let isPlain = params.hasScale == 0u && params.activation == 0u;
  let isDone = isPlain && params.hasResidual == 0u && params.keepPreactivation == 0u;
  let stored = select(2u * (min(row + 8u, params.rows) - row), 0u, isDone);
  for (var i = 0u; i < stored; i++) {
    let column = column4 + i % 2u * 4u;
    if (column >= columns4) {
      continue;
    }
    let at = start + (row + i / 2u) * columns4 + column;
    var value = readY(at);
    // Sums of bytes are scaled before the bias is added.
    if (params.hasScale != 0u) {
      value *= scale[column];
      if (params.hasBias != 0u) {
        value += bias[column];
      }
    }
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
