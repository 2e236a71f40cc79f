// nearest.subgroup.wgsl for one query, which takes little longer than reading the gallery (measured on lavapipe, with
// the selection: 1.1 times as long as a kernel that only reads it).
//
// One subgroup owns one panel, a lane a strip of it. A lane also holds four of the query's next 32 dimensions and hands
// them on by subgroupShuffle: loading them anew at every step would cost as much as a quarter of the gallery. Few loads
// are unrolled: on lavapipe each has forty branches, and more of them than these no longer fit into the caches of
// decoded instructions.
enable subgroups;

struct Params {
  dim4: u32, // dimensions / 4
  firstStrip: u32, // of this shard
  strips: u32, // of all shards, without those past the last row
}

@group(0) @binding(0) var<storage, read> query: array<vec4f>; // [dim / 4]
@group(0) @binding(1) var<storage, read> gallery: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> best: array<f32>; // [strips]
@group(0) @binding(3) var<uniform> params: Params;

#include gallery.include.wgsl

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var at = group.x * params.dim4 * 32u + lane;
  var scores = Rows();
  var held = vec4f();
  var k = 0u;
  if (valueBits == 8u) {
    // A load brings twice as many dimensions: as many loads to a turn as for halves, and more would take longer.
    for (; k + 4u <= params.dim4; k += 4u) {
      if (k % 8u == 0u) {
        held = scaled(query[min(k + lane, params.dim4 - 1u)]);
      }
#for i in 0..4
      scores = added(scores, subgroupShuffle(held, k % 8u + ${i}u), at + ${32*i}u);
#end
      at += 128u;
    }
  }
  for (; k < params.dim4; k++) {
    if (k % 8u == 0u) {
      held = scaled(query[min(k + lane, params.dim4 - 1u)]);
    }
    scores = added(scores, subgroupShuffle(held, k % 8u), at);
    at += 32u;
  }
  let strip = params.firstStrip + group.x * 8u + lane;
  if (strip < params.strips) {
    best[strip] = largest(scores.low, scores.high);
  }
}
