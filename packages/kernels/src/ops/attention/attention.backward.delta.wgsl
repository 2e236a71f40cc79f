// delta = rowsum(dy * y) of every head, which the gradients of the scores need. One thread owns a row of a head.
@group(0) @binding(0) var<storage, read> y: array<stored4>; // [batch, tokens, heads, headSize]
@group(0) @binding(1) var<storage, read> dy: array<stored4>;
@group(0) @binding(2) var<storage, read_write> delta: array<f32>; // [batch, heads, tokens]
@group(0) @binding(3) var<uniform> params: Params;

#include attention.include.wgsl

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let place = placeOf((group.y * groups.x + group.x) * workgroup + local, 1u, 1u);
  if (!place.exists) {
    return;
  }
  let row = place.y + place.first * params.width4;
  var sum = 0.0;
  for (var d = 0u; d < params.headSize4; d++) {
    sum += dot(readY(row + d), readDy(row + d));
  }
  delta[place.logSum + place.first] = sum;
}
