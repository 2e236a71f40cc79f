// The score of every row of a gallery for every query, written out in full: for searches that may find only some rows,
// too many or too scattered for `nearest`. The gallery is read once for each query.
//
// One thread owns one strip, eight neighbouring rows of a panel, and one query; neighbouring threads own neighbouring
// strips.
struct Params {
  queries: u32,
  dim4: u32, // dimensions / 4
  shardStrips: u32,
  firstRow: u32, // of this shard
  rows: u32, // of all shards
}

@group(0) @binding(0) var<storage, read> queries: array<vec4f>; // [queries, dim / 4]
@group(0) @binding(1) var<storage, read> gallery: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>; // [queries, rows]
@group(0) @binding(3) var<uniform> params: Params;

#include ../nearest/gallery.include.wgsl
#include ../nearest/strip.include.wgsl

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  let query = thread / params.shardStrips;
  if (query >= params.queries) {
    return;
  }
  let strip = thread % params.shardStrips;
  let found = scoreStrip(query, strip / 8u * params.dim4 * 32u + strip % 8u);
  let row = params.firstRow + strip * 8u;
  let first = query * params.rows + row;
#for r in 0..4
  if (row + ${r}u < params.rows) {
    scores[first + ${r}u] = found.low[$r];
  }
  if (row + ${r+4}u < params.rows) {
    scores[first + ${r+4}u] = found.high[$r];
  }
#end
}
