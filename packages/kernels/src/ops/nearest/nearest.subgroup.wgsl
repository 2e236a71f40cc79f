// The largest score of every query in every strip of a gallery, for subgroups of exactly eight lanes (CPU Vulkan),
// where the number of loads decides the time; see matmul.subgroup.wgsl.
//
// One subgroup owns 8 queries (16 where `wide`) and one panel, of which a lane holds a strip: it is loaded once and
// used by all queries. A lane also loads four dimensions of one query (two where `wide`) and hands them to the others
// by shuffle. Queries past the last one are clamped to it and not stored. Each accumulator takes its four
// terms at once: there are more accumulators than registers, and taking turns would load and store them four times as
// often.
enable subgroups;

struct Params {
  queries: u32,
  dim4: u32, // dimensions / 4
  firstStrip: u32, // of this shard
  strips: u32, // of all shards, without those past the last row
}

@group(0) @binding(0) var<storage, read> queries: array<vec4f>; // [queries, dim / 4]
@group(0) @binding(1) var<storage, read> gallery: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> best: array<f32>; // [queries, strips]
@group(0) @binding(3) var<uniform> params: Params;

override wide: bool;

#include gallery.include.wgsl

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let query = group.x * select(8u, 16u, wide);
  let last = params.queries - 1u;
  let start0 = min(query + lane, last) * params.dim4;
  let start1 = min(query + 8u + lane, last) * params.dim4;
  var at = group.y * params.dim4 * 32u + lane;
#for m in 0..16
  var low$m = vec4f();
  var high$m = vec4f();
#end

  for (var k = 0u; k < params.dim4; k++) {
    let rows = loadFour(at);
    at += 32u;
    let held0 = scaled(queries[start0 + k]);
    var held1: vec4f;
    if (wide) {
      held1 = scaled(queries[start1 + k]);
    }
#for r in 0..2
    if (wide || $r == 0) {
#for l in 0..8
      {
        let value = vec4f(
          subgroupShuffle(held$r.x, ${l}u),
          subgroupShuffle(held$r.y, ${l}u),
          subgroupShuffle(held$r.z, ${l}u),
          subgroupShuffle(held$r.w, ${l}u),
        );
#for d in 0..4
        low${8*r+l} = fma(vec4f(value[$d]), rows[$d].low, low${8*r+l});
#end
#for d in 0..4
        high${8*r+l} = fma(vec4f(value[$d]), rows[$d].high, high${8*r+l});
#end
      }
#end
    }
#end
  }

  let strip = params.firstStrip + group.y * 8u + lane;
  if (strip >= params.strips) {
    return;
  }
#for m in 0..16
  if ((wide || $m < 8) && query + ${m}u < params.queries) {
    best[(query + ${m}u) * params.strips + strip] = largest(low$m, high$m);
  }
#end
}
