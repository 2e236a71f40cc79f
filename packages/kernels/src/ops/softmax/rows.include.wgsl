// How the kernels for subgroups of eight lanes walk rows: on lavapipe, where loads and stores are dear and starting threads
// is too. `rowOf` of a kernel says what becomes of a row; it goes to its `result`.
//
// Eight lanes share a row of at most 93 columns, which is in registers, as three vec4 per lane, between its only load and
// its only store. A loop over more columns would cost these rows two thirds more time. A subgroup owns many rows, one
// after the other.
//
// Rows start anywhere within a vec4, so two rows may share one. It is stored once: the end of a row is carried into the
// store of the next row's start. Four rows fill their vec4s whatever their width, so subgroups start at multiples of four.
struct Params {
  rows: u32,
  columns: u32,
  rowsPerGroup: u32,
}

const lanes = 8u;

// A lane's vec4s of a row, eight apart.
struct Row {
  part0: vec4f,
  part1: vec4f,
  part2: vec4f,
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
    // Of this lane's first value, from the start of the row. Before the start it wraps around to more than any column.
    let column = 4u * lane - row * columns % 4u + vec4u(0, 1, 2, 3);

    var values = rowOf(first + lane, column, lane);
    let before = vec4<bool>(lane == 0u) & (column >= vec4u(columns));
    values.part0 = select(values.part0, carried, before);
    var end = vec4f();
#for i in 0..3
    if (first + ${8*i} + lane < whole) {
      result[first + ${8*i} + lane] = values.part$i;
    }
    if ((whole - first) / lanes == $i) {
      end = values.part$i;
    }
#end
    carried = subgroupShuffle(end, (whole - first) % lanes);
  }
  // Of the last row only, in memory that is a multiple of a vec4.
  if (lane == 0u && endRow * columns % 4u != 0u) {
    result[endRow * columns / 4u] = carried;
  }
}
