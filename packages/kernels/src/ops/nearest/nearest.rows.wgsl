// Gallery rows of the places that select-top.wgsl has found among the candidates. One thread owns one of them.
struct Params {
  count: u32, // queries * selected
  selected: u32, // places per query
  chosen: u32, // strips per query
}

@group(0) @binding(0) var<storage, read> places: array<u32>; // [queries, selected]
@group(0) @binding(1) var<storage, read> strips: array<u32>; // [queries, chosen]
@group(0) @binding(2) var<storage, read_write> rows: array<u32>; // [queries, selected]
@group(0) @binding(3) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.count) {
    return;
  }
  let place = places[thread];
  rows[thread] = strips[thread / params.selected * params.chosen + place / 8u] * 8u + place % 8u;
}
