// All scores in the strips that were chosen for each query, strips in rising order, so that equal scores are ranked by
// rising row. Scores are stored as bits, not as floats: 0xffffffff, which select-top.wgsl takes for no value at all,
// stands for rows past the last one.
//
// One thread owns one chosen strip; those of other shards are left out.
struct Params {
  queries: u32,
  dim4: u32, // dimensions / 4
  shardStrips: u32,
  firstStrip: u32, // of this shard
  chosen: u32, // strips per query
  rows: u32, // of all shards
}

@group(0) @binding(0) var<storage, read> queries: array<vec4f>; // [queries, dim / 4]
@group(0) @binding(1) var<storage, read> gallery: array<vec4u>;
@group(0) @binding(2) var<storage, read> strips: array<u32>; // [queries, chosen]
@group(0) @binding(3) var<storage, read_write> scores: array<vec4u>; // [queries, chosen, 8 / 4]
@group(0) @binding(4) var<storage, read_write> ordered: array<u32>; // strips in rising order
@group(0) @binding(5) var<uniform> params: Params;

#include gallery.include.wgsl
#include strip.include.wgsl

const workgroup = 64u;

fn bits(scores: vec4f, firstRow: u32) -> vec4u {
  let row = firstRow + vec4u(0u, 1u, 2u, 3u);
  return select(vec4u(0xffffffffu), bitcast<vec4u>(scores), row < vec4u(params.rows));
}

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  let query = thread / params.chosen;
  if (query >= params.queries) {
    return;
  }
  let strip = strips[thread];
  if (strip < params.firstStrip || strip - params.firstStrip >= params.shardStrips) {
    return;
  }
  let first = query * params.chosen;
  var place = first;
  for (var i = first; i < first + params.chosen; i++) {
    place += select(0u, 1u, strips[i] < strip);
  }

  let inShard = strip - params.firstStrip;
  let found = scoreStrip(query, inShard / 8u * params.dim4 * 32u + inShard % 8u);
  scores[place * 2u] = bits(found.low, strip * 8u);
  scores[place * 2u + 1u] = bits(found.high, strip * 8u + 4u);
  ordered[place] = strip;
}
