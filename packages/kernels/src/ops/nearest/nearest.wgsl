// The largest score of every query in every panel of a gallery, in registers: for CPUs without subgroups of eight, and on GPUs for
// few queries, where nearest.tiled.wgsl would mostly compute what nobody asked for.
//
// Eight threads own a panel and four queries; a workgroup has eight such teams. A thread owns eight rows of the panel, which it reads
// once for its four queries. Queries past the last one are clamped to it and not stored.
struct Params {
  queries: u32,
  dim4: u32, // dimensions / 4
  shardPanels: u32, // of this shard
  firstPanel: u32, // of this shard
  panels: u32, // of all shards
}

@group(0) @binding(0) var<storage, read> queries: array<vec4f>; // [queries, dim / 4]
@group(0) @binding(1) var<storage, read> gallery: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> best: array<f32>; // [queries, panels]
@group(0) @binding(3) var<uniform> params: Params;

#include gallery.include.wgsl

var<workgroup> maxima: array<vec4f, 64>; // per thread, of its four queries

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let team = (group.y * groups.x + group.x) * 8u + local / 8u;
  let lane = local % 8u;
  let fours = (params.queries + 3u) / 4u;
  let query = team % fours * 4u;
  let panel = team / fours;
  let last = params.queries - 1u;
  var at = min(panel, params.shardPanels - 1u) * params.dim4 * 32u + lane;
#for m in 0..4
  let start$m = min(query + ${m}u, last) * params.dim4;
  var low$m = vec4f();
  var high$m = vec4f();
#end
  for (var k = 0u; k < params.dim4; k++) {
#for m in 0..4
    let value$m = scaled(queries[start$m + k]);
#end
#for d in 0..4
    let rows$d = loadRows(at + ${8*d}u);
#for m in 0..4
    low$m = fma(vec4f(value$m[$d]), rows$d.low, low$m);
    high$m = fma(vec4f(value$m[$d]), rows$d.high, high$m);
#end
#end
    at += 32u;
  }
  maxima[local] = vec4f(largest(low0, high0), largest(low1, high1), largest(low2, high2), largest(low3, high3));
  workgroupBarrier();
  // Four threads of a team take one query each.
  if (lane < 4u && query + lane < params.queries && panel < params.shardPanels) {
    let first = local - lane;
    var value = maxima[first][lane];
    for (var i = 1u; i < 8u; i++) {
      value = max(value, maxima[first + i][lane]);
    }
    best[(query + lane) * params.panels + params.firstPanel + panel] = value;
  }
}
