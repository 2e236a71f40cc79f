// The largest score of every query in every strip of a gallery, in registers: for CPUs without subgroups of eight, and
// on GPUs for few queries, where nearest.tiled.wgsl would mostly compute scores that are thrown away.
//
// One thread owns one strip and four queries; neighbouring threads own neighbouring strips. Queries past the last one
// are clamped to it and not stored.
struct Params {
  queries: u32,
  dim4: u32, // dimensions / 4
  shardPanels: u32,
  firstStrip: u32, // of this shard
  strips: u32, // of all shards, without those past the last row
}

@group(0) @binding(0) var<storage, read> queries: array<vec4f>; // [queries, dim / 4]
@group(0) @binding(1) var<storage, read> gallery: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> best: array<f32>; // [queries, strips]
@group(0) @binding(3) var<uniform> params: Params;

#include gallery.include.wgsl

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  // Eight threads on a panel, for each four queries in turn, then the next panel.
  let team = (group.y * groups.x + group.x) * (workgroup / 8u) + local / 8u;
  let fours = (params.queries + 3u) / 4u;
  let query = team % fours * 4u;
  let panel = team / fours;
  let strip = params.firstStrip + panel * 8u + local % 8u;
  if (panel >= params.shardPanels || strip >= params.strips) {
    return;
  }
  let last = params.queries - 1u;
  var at = panel * params.dim4 * 32u + local % 8u;
#for m in 0..4
  let start$m = min(query + ${m}u, last) * params.dim4;
  var low$m = vec4f();
  var high$m = vec4f();
#end
  for (var k = 0u; k < params.dim4; k++) {
#for m in 0..4
    let value$m = scaled(queries[start$m + k]);
#end
    let rows = loadFour(at);
#for d in 0..4
#for m in 0..4
    low$m = fma(vec4f(value$m[$d]), rows[$d].low, low$m);
    high$m = fma(vec4f(value$m[$d]), rows[$d].high, high$m);
#end
#end
    at += 32u;
  }
#for m in 0..4
  if (query + ${m}u < params.queries) {
    best[(query + ${m}u) * params.strips + strip] = largest(low$m, high$m);
  }
#end
}
