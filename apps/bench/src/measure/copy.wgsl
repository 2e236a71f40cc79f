// The copy kernel: what memory gives to a kernel that does nothing else. Each thread owns four vectors, a workgroup's
// worth apart, so that neighbouring threads touch neighbouring vectors.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let first = (group.y * groups.x + group.x) * 256u + local;
  for (var i = 0u; i < 4u; i++) {
    let place = first + 64u * i;
    y[place] = x[place];
  }
}
