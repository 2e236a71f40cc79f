// softmax.wgsl for subgroups of eight lanes (lavapipe), where loads and stores are dear and starting threads is too.
//
// Eight lanes share a row of at most 93 columns, which is in registers, as three vec4 per lane, between its only load and
// its only store. A loop over more columns would cost these rows two thirds more time. A subgroup owns many rows, one
// after the other.
//
// Rows start anywhere within a vec4, so two rows may share one. It is stored once: the end of a row is carried into the
// store of the next row's start. Four rows fill their vec4s whatever their width, so subgroups start at multiples of four.
enable subgroups;

struct Params {
  rows: u32,
  columns: u32,
  rowsPerGroup: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

const outside = -3.4e38;
const lanes = 8u;

#include lanes.include.wgsl

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let columns = params.columns;
  let firstRow = (group.y * groups.x + group.x) * params.rowsPerGroup;
  let endRow = min(firstRow + params.rowsPerGroup, params.rows);
  var carried = vec4f(); // in lane 0: what comes before the row in its first vec4
  for (var row = firstRow; row < endRow; row++) {
    let first = row * columns / 4u;
    let whole = (row * columns + columns) / 4u; // the first vec4 that the row does not fill
    // Of this lane's first value, from the start of the row. Before the start it wraps around to more than any column.
    let column = 4u * lane - row * columns % 4u + vec4u(0, 1, 2, 3);

    #for i in 0..3
    var v$i = select(vec4f(outside), x[first + ${8*i} + lane], column + ${32*i} < vec4u(columns));
    #end
    let most = max(max(v0, v1), v2);
    let largest = maximumOfLanes(max(max(most.x, most.y), max(most.z, most.w)), lane);
    var total = vec4f();
    #for i in 0..3
    v$i = exp(v$i - largest);
    total += v$i;
    #end
    let scale = 1.0 / sumOfLanes(dot(total, vec4f(1.0)), lane);

    let before = vec4<bool>(lane == 0u) & (column >= vec4u(columns));
    #for i in 0..3
    v$i *= scale;
    #end
    v0 = select(v0, carried, before);
    var end = vec4f();
    #for i in 0..3
    if (first + ${8*i} + lane < whole) {
      y[first + ${8*i} + lane] = v$i;
    }
    if ((whole - first) / lanes == $i) {
      end = v$i;
    }
    #end
    carried = subgroupShuffle(end, (whole - first) % lanes);
  }
  // Of the last row only, in memory that is a multiple of a vec4.
  if (lane == 0u && endRow * columns % 4u != 0u) {
    y[endRow * columns / 4u] = carried;
  }
}
