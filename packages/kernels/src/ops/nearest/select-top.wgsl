// The best `selected` values of every row among its candidates, in falling order, equal ones by rising index.
// Candidates are the tiles of 16 that `parents` names (see select-top.ts), at most 2,048 values.
//
// One workgroup owns one row. It copies the candidates to workgroup memory once, in vectors of four and without those
// vectors from which nothing can be selected: as many parents as values are wanted have maxima that are no smaller than
// the last parent's. Then each thread counts how many are better than its own, which is its rank in the result: no
// sorting, and the order in which vectors have arrived does not matter. A thread stops counting as soon as its
// candidate is out.
struct Params {
  queries: u32,
  count: u32, // values per row of x
  stride: u32, // from row to row of x
  candidates4: u32, // candidates per row / 4
  parents: u32, // tiles named per row; 0: all tiles are candidates, and the bindings are not read
  selected: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read> parents: array<u32>; // [queries, parents], best first
@group(0) @binding(2) var<storage, read> maxima: array<u32>; // of the parents
@group(0) @binding(3) var<storage, read_write> values: array<u32>;
@group(0) @binding(4) var<storage, read_write> indices: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

const threads = 128u;
const four = vec4u(0u, 1u, 2u, 3u);

// Vectors of candidates that there is room for: WebGPU zeroes workgroup memory, and SwiftShader compiles that into a
// store for each word (all 512: 0.7 s, 32: 0.05 s).
override capacity: u32;

var<workgroup> keys: array<vec4u, capacity>; // 0 outside of the row
var<workgroup> places: array<u32, capacity>; // of the first of four; those outside of the row are not less than count
var<workgroup> kept: atomic<u32>; // vectors

#include keys.include.wgsl

@compute @workgroup_size(threads)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let query = group.y * groups.x + group.x;
  if (query >= params.queries) {
    return;
  }
  let start = query * params.stride;
  var least = 0u;
  if (params.parents >= params.selected) {
    least = ordered(vec4u(maxima[(query + 1u) * params.parents - 1u])).x;
  }
  for (var i = local; i < params.candidates4; i += threads) {
    var tile = i / 4u;
    if (params.parents > 0u) {
      tile = parents[query * params.parents + tile];
    }
    let block = (start / 16u + tile) * 4u + i % 4u;
    let place = block * 4u + four;
    let inRow = (place >= vec4u(start)) & (place < vec4u(start + params.count));
    let key = select(vec4u(), ordered(x[block]), inRow);
    if (any(inRow & (key >= vec4u(least)))) {
      let slot = atomicAdd(&kept, 1u);
      keys[slot] = key;
      places[slot] = place.x - start;
    }
  }
  workgroupBarrier();

  let blocks = atomicLoad(&kept);
  for (var i = local; i < blocks * 4u; i += threads) {
    let key = keys[i / 4u][i % 4u];
    let place = places[i / 4u] + i % 4u;
    if (key < least || place >= params.count) {
      continue;
    }
    var rank = 0u;
    for (var j = 0u; j < blocks && rank < params.selected; j++) {
      let better = (keys[j] > vec4u(key)) | ((keys[j] == vec4u(key)) & (places[j] + four < vec4u(place)));
      rank += dot(select(vec4u(), vec4u(1u), better), vec4u(1u));
    }
    if (rank < params.selected) {
      values[query * params.selected + rank] = unordered(key);
      indices[query * params.selected + rank] = place;
    }
  }
}
