// next[p] = the following position that holds the same index as position p; after the last such position comes the
// first one again. So next[p] <= p says that p is the last one, and where the chain begins: the backward pass needs no
// more.
//
// One thread owns one position and stops at the first match: it reads all indices only where its own occurs once.
struct Params {
  positions: u32,
}

@group(0) @binding(0) var<storage, read> indices: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> next: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;
const none = 0xffffffffu;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let position = (group.y * groups.x + group.x) * workgroup + local;
  if (position >= params.positions) {
    return;
  }
  let wanted = indices[position / 4u][position % 4u];
  let blocks = (params.positions + 3u) / 4u;
  var block = position / 4u;
  var after = position + 1u; // in its own block only what follows counts, until the scan comes round to it again
  var found = none;
  for (var step = 0u; step <= blocks && found == none; step++) {
    let here = block * 4u + vec4u(0u, 1u, 2u, 3u);
    let inRange = (here >= vec4u(after)) & (here < vec4u(params.positions));
    let same = inRange & (indices[block] == vec4u(wanted));
    let matches = select(vec4u(none), here, same);
    found = min(min(matches.x, matches.y), min(matches.z, matches.w));
    block++;
    if (block == blocks) {
      block = 0u;
    }
    if (block == 0u) {
      after = 0u;
    }
  }
  next[position] = found;
}
