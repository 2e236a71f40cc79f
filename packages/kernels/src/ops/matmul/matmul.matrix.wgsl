// y = f(op(a) op(b) + bias) + residual on the matrix units of a GPU (tensor cores): subgroup matrices, with sums in
// f32. Each line `#kernel` makes one kernel of this text. It states the size of a matrix, m x k times k x n, and its
// type, how many of them a subgroup owns (`high` x `wide`), how many subgroups there are (`down` x `across`), and how
// many values are 16 bytes.
//
// A workgroup walks the inner dimension in steps of two k (64 bytes of a row), which it copies into workgroup memory as
// they lie: the layout is a matter of how a subgroup matrix is loaded. Rows there are 16 bytes longer than they need
// be, so that those of a matrix start in different banks. The vectors of the next step are asked for before the
// products of this one. Sums leave through workgroup memory, where the tiles were, for bias, activation, residual and
// edges: that goes for all sizes, and which lane holds which value of a matrix is not known.
// Vectors must be whole: sizes as in blocks.include.wgsl, but multiples of `vector` where that says 4, of columns of 4
// only. `threads` is enough for all the subgroups, however large the device makes them; those beyond only copy. Grid as
// in matmul.wgsl. A test runs it on any adapter, with the built-in functions put into plain WGSL.

// NVIDIA and AMD, for outputs of many tiles: 128 x 256 to a workgroup of eight subgroups.
#kernel matmul.matrix.half.large  enable=f16 element=f16 vector=8 m=16 n=16 k=16 high=4 wide=4 down=2 across=4
// NVIDIA and AMD, for outputs of few tiles: 64 x 64 to a workgroup of four subgroups, as those below.
#kernel matmul.matrix.half.small  enable=f16 element=f16 vector=8 m=16 n=16 k=16 high=2 wide=2 down=2 across=2
// Intel, whose registers hold no more.
#kernel matmul.matrix.half.intel  enable=f16 element=f16 vector=8 m=8 n=16 k=16 high=4 wide=2 down=2 across=2
// Apple, which multiplies floats.
#kernel matmul.matrix.single  element=f32 vector=4 m=8 n=8 k=8 high=4 wide=4 down=2 across=2
enable subgroups;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);

#include interface.include.wgsl

@group(0) @binding(0) var<storage, read> a: array<vec4u>;
@group(0) @binding(1) var<storage, read> b: array<vec4u>;

override transposeA: bool;
override transposeB: bool;
override threads: u32;

alias Left = subgroup_matrix_left<$element, ${k}, ${m}>;
alias Right = subgroup_matrix_right<$element, ${n}, ${k}>;
alias Result = subgroup_matrix_result<f32, ${n}, ${m}>;

const tileRows = ${m*high*down}u;
const tileColumns = ${n*wide*across}u;
const depth = ${2*k}u;

// Rows (columns) of a tile, each 4 vectors of k's and one unused; or, where those are contiguous, k's, each a row of
// vectors and one unused, which takes no more.
var<workgroup> leftTile: array<vec4u, ${m*high*down*5}>;
var<workgroup> rightTile: array<vec4u, ${n*wide*across*5}>;

// Vector i of a tile of `width` rows (columns) from `first` on, of `size`. Where `alongInner`, the inner dimension is
// contiguous.
fn source(i: u32, alongInner: bool, width: u32, first: u32, size: u32, k: u32, end: u32) -> u32 {
  if (alongInner) {
    let k4 = min(k / ${vector}u + i % 4u, end / ${vector}u - 1u);
    return min(first + i / 4u, size - 1u) * (params.inner / ${vector}u) + k4;
  }
  let vectors = width / ${vector}u;
  let inside = min(first / ${vector}u + i % vectors, size / ${vector}u - 1u);
  return min(k + i / vectors, end - 1u) * (size / ${vector}u) + inside;
}

// Where it goes in the tile, and which k it starts at.
fn slot(i: u32, alongInner: bool, width: u32) -> vec2u {
  if (alongInner) {
    return vec2u(i / 4u * 5u + i % 4u, i % 4u * ${vector}u);
  }
  let vectors = width / ${vector}u;
  return vec2u(i / vectors * (vectors + 1u) + i % vectors, i / vectors);
}

@compute @workgroup_size(threads)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32,
) {
  let firstRow = group.x * tileRows;
  let firstColumn = group.y * tileColumns;
  let aStart = group.z * (params.aBatch / ${vector}u);
  let bStart = group.z * (params.bBatch / ${vector}u);
  let begin = group.z * params.sliceStep;
  let end = min(begin + params.slice, params.inner);
  let ownRow = subgroup / ${across}u * ${m*high}u;
  let ownColumn = subgroup % ${across}u * ${n*wide}u;
  let multiplies = subgroup < ${down*across}u;
#for r in 0..$high
#for c in 0..$wide
  var sums${r}_$c: Result;
#end
#end

#for v in 0..${m*high/(8*across)}
  var left$v = a[aStart + source(thread + ${v}u * threads, !transposeA, tileRows, firstRow, params.rows, begin, end)];
#end
#for v in 0..${n*wide/(8*down)}
  var right$v = b[bStart
    + source(thread + ${v}u * threads, transposeB, tileColumns, firstColumn, params.columns, begin, end)];
#end
  for (var k = begin; k < end; k += depth) {
    workgroupBarrier();
#for v in 0..${m*high/(8*across)}
    if (thread + ${v}u * threads < tileRows * 4u) {
      let to = slot(thread + ${v}u * threads, !transposeA, tileRows);
      leftTile[to.x] = select(vec4u(), left$v, k + to.y < end);
    }
#end
#for v in 0..${n*wide/(8*down)}
    if (thread + ${v}u * threads < tileColumns * 4u) {
      let to = slot(thread + ${v}u * threads, transposeB, tileColumns);
      rightTile[to.x] = select(vec4u(), right$v, k + to.y < end);
    }
#end
    workgroupBarrier();
    let next = k + depth;
#for v in 0..${m*high/(8*across)}
    left$v = a[aStart + source(thread + ${v}u * threads, !transposeA, tileRows, firstRow, params.rows, next, end)];
#end
#for v in 0..${n*wide/(8*down)}
    right$v = b[bStart
      + source(thread + ${v}u * threads, transposeB, tileColumns, firstColumn, params.columns, next, end)];
#end
    if (multiplies) {
#for step in 0..2
      {
#for r in 0..$high
        var a$r: Left;
        if (transposeA) {
          a$r = subgroupMatrixLoad<Left, col_major>(
            &leftTile, ${step*k}u * (tileRows / ${vector}u + 1u) + (ownRow + ${r*m}u) / ${vector}u,
            tileRows / ${vector}u + 1u,
          );
        } else {
          a$r = subgroupMatrixLoad<Left, row_major>(&leftTile, (ownRow + ${r*m}u) * 5u + ${step*k/vector}u, 5u);
        }
#end
#for c in 0..$wide
        var b$c: Right;
        if (transposeB) {
          b$c = subgroupMatrixLoad<Right, col_major>(&rightTile, (ownColumn + ${c*n}u) * 5u + ${step*k/vector}u, 5u);
        } else {
          b$c = subgroupMatrixLoad<Right, row_major>(
            &rightTile,
            ${step*k}u * (tileColumns / ${vector}u + 1u) + (ownColumn + ${c*n}u) / ${vector}u,
            tileColumns / ${vector}u + 1u,
          );
        }
#for r in 0..$high
        sums${r}_$c = subgroupMatrixMultiplyAccumulate(a$r, b$c, sums${r}_$c);
#end
#end
      }
#end
    }
  }

  // One row of matrices at a time, always from the first registers: the code of the activation is not short.
  for (var r = 0u; r < ${high}u; r++) {
#for c in 0..$wide
    workgroupBarrier();
    if (multiplies) {
      subgroupMatrixStore<row_major>(&rightTile, subgroup * ${m*n/4}u, sums0_$c, ${n/4}u);
    }
    workgroupBarrier();
    for (var i = thread; i < ${down*across*m*n/4}u; i += threads) {
      let owner = i / ${m*n/4}u;
      let row = owner / ${across}u * ${m*high}u + r * ${m}u + i % ${m*n/4}u / ${n/4}u;
      let column = owner % ${across}u * ${n*wide}u + ${c*n}u + i % ${n/4}u * 4u;
      store(group.z, firstRow + row, firstColumn + column, bitcast<vec4f>(rightTile[i]));
    }
#end
#for q in 1..$high
#for c in 0..$wide
    sums${q-1}_$c = sums${q}_$c;
#end
#end
  }
}
