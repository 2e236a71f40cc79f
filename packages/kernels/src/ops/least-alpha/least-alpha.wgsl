// part[group] = the word with the least alpha, the highest byte, of a workgroup's share of x: one step of a minimum over
// all pixels. The threads of all workgroups walk x in strides, so that neighbours read neighbours.
struct Params {
  count: u32,
  groups: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> part: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

const threads = 64u;
var<workgroup> least: array<u32, 64>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var found = 0xffffffffu;
  for (var i = group.x * threads + local; i < params.count; i += params.groups * threads) {
    found = min(found, x[i]);
  }
  least[local] = found;
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      least[local] = min(least[local], least[local + half]);
    }
  }
  if (local == 0u) {
    part[group.x] = least[0];
  }
}
