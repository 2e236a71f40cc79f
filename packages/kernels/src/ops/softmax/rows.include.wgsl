// Rows as the kernels for subgroups of eight lanes own them on lavapipe, where loads, stores and new threads are slow.
//
// Eight lanes share a row of at most 93 columns, which stays in registers, as three vec4 a lane, between its only load
// and its only store. A loop over more columns would cost these rows two thirds more time. A subgroup owns many rows,
// one after the other.
//
// Rows start anywhere within a vec4, so two rows may share one. It is stored once: the end of a row is carried into the
// store of the next row's start. Four rows fill their vec4s whatever their width, so subgroups start
// at multiples of four.
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

// Stores a lane's part of a row. Returns the vec4 that the row shares with the next one, for lane 0 of its store.
// first, whole: the row's first vec4, and the first one that it does not fill
fn storeRow(row: Row, first: u32, whole: u32, lane: u32) -> vec4f {
  var end = vec4f();
#for i in 0..3
  if (first + ${8*i} + lane < whole) {
    result[first + ${8*i} + lane] = row.part$i;
  }
  if ((whole - first) / lanes == $i) {
    end = row.part$i;
  }
#end
  return subgroupShuffle(end, (whole - first) % lanes);
}
