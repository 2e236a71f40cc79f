// The largest score of every query in every strip of a gallery, through workgroup memory, for many queries on a GPU.
//
// A workgroup of 16 x 16 threads owns 64 queries and one panel and walks the dimensions in steps of 16, each of which
// it copies once into workgroup memory: four dimensions of one query to a vector, and one dimension of four rows. A
// thread owns every 16th query and four neighbouring rows; eight vectors feed 64 multiply-adds. Queries past the last
// one are clamped to it and not stored; dimensions past the last one are zero.
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

#include gallery.include.wgsl

var<workgroup> queryTile: array<vec4f, 256>; // [dim / 4, query]
var<workgroup> galleryTile: array<vec4f, 256>; // [dim, row / 4]; in the end the maxima of each thread's queries

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let start = min(group.x * 64u + thread % 64u, params.queries - 1u) * params.dim4;
  let panel = group.y * params.dim4 * 4u;
#for m in 0..4
  var score$m = vec4f();
#end

  for (var k = 0u; k < params.dim4; k += 4u) {
    let queryK = k + thread / 64u;
    let rowK = k * 4u + thread / 16u;
    let query = scaled(queries[start + min(queryK, params.dim4 - 1u)]);
    let rows = loadRows((panel + min(rowK, params.dim4 * 4u - 1u)) * 8u + thread % 16u / 2u);
    workgroupBarrier();
    queryTile[thread] = select(vec4f(), query, queryK < params.dim4);
    galleryTile[thread] = select(rows.low, rows.high, thread % 2u == 1u);
    workgroupBarrier();
    for (var q = 0u; q < 4u; q++) {
#for m in 0..4
      let value$m = queryTile[q * 64u + ${16*m}u + local.y];
#end
#for d in 0..4
      let rows$d = galleryTile[q * 64u + ${16*d}u + local.x];
#for m in 0..4
      score$m = fma(vec4f(value$m[$d]), rows$d, score$m);
#end
#end
    }
  }

  workgroupBarrier();
  galleryTile[thread] = vec4f(
#for m in 0..4
    max(max(score$m.x, score$m.y), max(score$m.z, score$m.w)),
#end
  );
  workgroupBarrier();
  // A strip is the rows of two threads. Eight threads side by side take one query each time.
  let strip = params.firstStrip + group.y * 8u + thread % 8u;
  for (var i = thread / 8u; i < 64u; i += 32u) {
    let query = group.x * 64u + i;
    let pair = i % 16u * 16u + thread % 8u * 2u;
    if (query < params.queries && strip < params.strips) {
      best[query * params.strips + strip] = max(galleryTile[pair][i / 16u], galleryTile[pair + 1u][i / 16u]);
    }
  }
}
