// softmax.backward.wgsl for subgroups of eight lanes: rows of at most 93 columns in registers, and carried ends, as in
// softmax.subgroup.wgsl.
enable subgroups;

struct Params {
  rows: u32,
  columns: u32,
  rowsPerGroup: u32,
}

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

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

    var products = vec4f();
    #for i in 0..3
    let y$i = y[first + ${8*i} + lane];
    let dy$i = dy[first + ${8*i} + lane];
    products += select(vec4f(), y$i * dy$i, column + ${32*i} < vec4u(columns));
    #end
    let product = sumOfLanes(dot(products, vec4f(1.0)), lane);

    let before = vec4<bool>(lane == 0u) & (column >= vec4u(columns));
    #for i in 0..3
    var dx$i = y$i * (dy$i - product);
    #end
    dx0 = select(dx0, carried, before);
    var end = vec4f();
    #for i in 0..3
    if (first + ${8*i} + lane < whole) {
      dx[first + ${8*i} + lane] = dx$i;
    }
    if ((whole - first) / lanes == $i) {
      end = dx$i;
    }
    #end
    carried = subgroupShuffle(end, (whole - first) % lanes);
  }
  // Of the last row only, in memory that is a multiple of a vec4.
  if (lane == 0u && endRow * columns % 4u != 0u) {
    dx[endRow * columns / 4u] = carried;
  }
}
