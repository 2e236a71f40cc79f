@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = placeOf(group.y * groups.x + group.x, size, 1u);
  if (!place.exists) {
    return;
  }
  let width4 = params.width4;
  let headSize4 = params.headSize4;
  let stride = 3u * width4;
  let last = params.tokens - 1u;
  let causal = params.causal != 0u;
  // Eight threads copy eight neighbouring vectors of a token.
  let copied = thread % 8u;
  let token = thread / 8u;
