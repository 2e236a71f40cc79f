// y = f(op(a) op(b) + bias) + residual through workgroup memory, for GPUs; sizes, layouts and grid as in matmul.wgsl.
//
// A workgroup of 16 x 16 threads owns 64 x 64 values of y and walks the inner dimension in steps of 16, each of which it
// copies once into workgroup memory: four inner values of one row of op(a), or of one column of op(b), to a vector. A thread
// owns every 16th row and column, so that neighbouring threads read neighbouring vectors and store neighbouring values; eight
// vectors feed 64 multiply-adds. Past the edges everything is clamped, and op(b) is zero.
struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
  aRow: u32,
  aInner: u32,
  bInner: u32,
  bColumn: u32,
  aBatch: u32, // 0 where z counts slices
  bBatch: u32,
  slice: u32, // inner values of one z
  sliceStep: u32, // 0 where z counts batches
  activation: u32,
  hasBias: u32,
  hasResidual: u32,
  keepPreactivation: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>; // [columns]
@group(0) @binding(3) var<storage, read> residual: array<f32>; // [rows, columns]
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> preactivation: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

var<workgroup> aTile: array<vec4f, 256>; // [inner / 4, row]
var<workgroup> bTile: array<vec4f, 256>; // [inner / 4, column]

#include activation.include.wgsl

// Which vector of a tile a thread copies: x row or column, y inner / 4. Neighbouring threads follow the contiguous axis.
fn copied(thread: u32, innerStride: u32) -> vec2u {
  return select(vec2u(thread % 64u, thread / 64u), vec2u(thread / 4u, thread % 4u), innerStride == 1u);
}

fn store(start: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= params.rows) {
    return;
  }
  let first = start + row * params.columns;
  var value = sums;
  if (params.hasBias != 0u) {
    for (var j = 0u; j < 4u; j++) {
      value[j] += bias[min(column + 16u * j, params.columns - 1u)];
    }
  }
  let activated = activate(params.activation, value);
  for (var j = 0u; j < 4u; j++) {
    let at = first + column + 16u * j;
    if (column + 16u * j < params.columns) {
      if (params.keepPreactivation != 0u) {
        preactivation[at] = value[j];
      }
      y[at] = activated[j];
      if (params.hasResidual != 0u) {
        y[at] += residual[at];
      }
    }
  }
}

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let aCopied = copied(thread, params.aInner);
  let bCopied = copied(thread, params.bInner);
  let aStart = group.z * params.aBatch + min(group.x * 64u + aCopied.x, params.rows - 1u) * params.aRow;
  let bStart = group.z * params.bBatch + min(group.y * 64u + bCopied.x, params.columns - 1u) * params.bColumn;
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);
#for r in 0..4
  var c$r = vec4f();
#end

  for (var k = begin; k < end; k += 16u) {
    var left: vec4f;
    var right: vec4f;
#for u in 0..4
    let bk$u = k + bCopied.y * 4u + ${u}u;
    left[$u] = a[aStart + min(k + aCopied.y * 4u + ${u}u, end - 1u) * params.aInner];
    right[$u] = select(0.0, b[bStart + min(bk$u, end - 1u) * params.bInner], bk$u < end);
#end
    workgroupBarrier();
    aTile[aCopied.y * 64u + aCopied.x] = left;
    bTile[bCopied.y * 64u + bCopied.x] = right;
    workgroupBarrier();
    for (var q = 0u; q < 4u; q++) {
#for j in 0..4
      let b$j = bTile[q * 64u + ${16*j}u + local.x];
#end
#for r in 0..4
      let a$r = aTile[q * 64u + ${16*r}u + local.y];
      c$r += vec4f(dot(a$r, b0), dot(a$r, b1), dot(a$r, b2), dot(a$r, b3));
#end
    }
  }

  let start = group.z * params.rows * params.columns;
  let column = group.y * 64u + local.x;
#for r in 0..4
  store(start, group.x * 64u + ${16*r}u + local.y, column, c$r);
#end
}
