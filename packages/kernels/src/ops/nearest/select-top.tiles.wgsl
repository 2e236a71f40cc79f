// The largest value of every tile of 16 neighbours, as a first sieve for select-top.wgsl (see select-top.ts). Tiles lie
// on multiples of 16 of the whole buffer, whatever the row length, so that every load is an aligned vec4: the first and
// the last tile of a row may be part of their neighbour rows, and leave those values out.
//
// One thread owns one tile: no barrier, no workgroup memory, and one value written per 16 read.
struct Params {
  queries: u32,
  count: u32, // values per row of x
  stride: u32, // from row to row of x
  tiles: u32, // per row
  tileStride: u32, // from row to row of best, a multiple of 16; what lies past the tiles is set to none
}

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> best: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

#include keys.include.wgsl

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.queries * params.tileStride) {
    return;
  }
  let tile = thread % params.tileStride;
  let start = (thread / params.tileStride) * params.stride;
  var keys = vec4u();
  if (tile < params.tiles) {
    let first = (start / 16u + tile) * 4u;
    for (var i = first; i < first + 4u; i++) {
      let place = i * 4u + vec4u(0u, 1u, 2u, 3u);
      let inRow = (place >= vec4u(start)) & (place < vec4u(start + params.count));
      keys = max(keys, select(vec4u(), ordered(x[i]), inRow));
    }
  }
  best[thread] = unordered(max(max(keys.x, keys.y), max(keys.z, keys.w)));
}
