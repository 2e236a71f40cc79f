// softmax.backward.wgsl for subgroups of eight lanes: rows of at most 93 columns; rows.include.wgsl says who owns what.
enable subgroups;

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

#include lanes.include.wgsl
#include rows.include.wgsl

// The results of one row. at: this lane's first vec4; column: the columns of its values
fn rowOf(at: u32, column: vec4u, lane: u32) -> Row {
  var products = vec4f();
#for i in 0..3
  let y$i = y[at + ${8*i}];
  let dy$i = dy[at + ${8*i}];
  products += select(vec4f(), y$i * dy$i, column + ${32*i} < vec4u(params.columns));
#end
  let product = sumOfLanes(dot(products, vec4f(1.0)), lane);
  return Row(y0 * (dy0 - product), y1 * (dy1 - product), y2 * (dy2 - product));
}

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
    // The columns of this lane's first four values. Before the start of the row they wrap around to large numbers.
    let column = 4u * lane - row * columns % 4u + vec4u(0, 1, 2, 3);

    var values = rowOf(first + lane, column, lane);
    let before = vec4<bool>(lane == 0u) & (column >= vec4u(columns));
    values.part0 = select(values.part0, carried, before);
    carried = storeRow(values, first, whole, lane);
  }
  // The end of the last row has no next row to be stored with. Buffers are whole vec4s.
  if (lane == 0u && endRow * columns % 4u != 0u) {
    result[endRow * columns / 4u] = carried;
  }
}
