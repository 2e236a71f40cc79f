// All scores in the panels that were chosen for each query, panels in rising order: place order is row order then, which decides
// between equal scores. Bits, not floats: places past the gallery's last row hold 0xffffffff, which top-k takes for no value at all.
//
// Eight threads own one chosen panel, a thread eight of its rows, as in nearest.wgsl; panels of other shards are left out.
struct Params {
  queries: u32,
  dim4: u32, // dimensions / 4
  shardPanels: u32, // of this shard
  firstPanel: u32, // of this shard
  chosen: u32, // panels per query
  rows: u32, // of all shards
}

@group(0) @binding(0) var<storage, read> queries: array<vec4f>; // [queries, dim / 4]
@group(0) @binding(1) var<storage, read> gallery: array<vec4u>;
@group(0) @binding(2) var<storage, read> panels: array<u32>; // [queries, chosen], in any order
@group(0) @binding(3) var<storage, read_write> scores: array<vec4u>; // [queries, chosen, 64 / 4]
@group(0) @binding(4) var<storage, read_write> ordered: array<u32>; // panels, in rising order
@group(0) @binding(5) var<uniform> params: Params;

#include gallery.include.wgsl

fn bits(scores: vec4f, firstRow: u32) -> vec4u {
  let row = firstRow + vec4u(0u, 1u, 2u, 3u);
  return select(vec4u(0xffffffffu), bitcast<vec4u>(scores), row < vec4u(params.rows));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let team = (group.y * groups.x + group.x) * 8u + local / 8u;
  let lane = local % 8u;
  let query = team / params.chosen;
  if (query >= params.queries) {
    return;
  }
  let panel = panels[team];
  if (panel < params.firstPanel || panel - params.firstPanel >= params.shardPanels) {
    return;
  }
  var place = query * params.chosen;
  for (var i = query * params.chosen; i < (query + 1u) * params.chosen; i++) {
    place += select(0u, 1u, panels[i] < panel);
  }

  var at = (panel - params.firstPanel) * params.dim4 * 32u + lane;
  var low = vec4f();
  var high = vec4f();
  for (var k = query * params.dim4; k < (query + 1u) * params.dim4; k++) {
    let value = scaled(queries[k]);
#for d in 0..4
    let rows$d = loadRows(at + ${8*d}u);
    low = fma(vec4f(value[$d]), rows$d.low, low);
    high = fma(vec4f(value[$d]), rows$d.high, high);
#end
    at += 32u;
  }
  let row = panel * 64u + lane * 8u;
  scores[place * 16u + lane * 2u] = bits(low, row);
  scores[place * 16u + lane * 2u + 1u] = bits(high, row + 4u);
  if (lane == 0u) {
    ordered[place] = panel;
  }
}
