// The copy kernel: what memory gives to a kernel that does nothing else. Each thread owns four vectors, a workgroup's
// worth apart, so that neighbouring threads touch neighbouring vectors; all four are on their way before one is
// written.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let first = (group.y * groups.x + group.x) * 1024u + local;
  let a = x[first];
  let b = x[first + 256u];
  let c = x[first + 512u];
  let d = x[first + 768u];
  y[first] = a;
  y[first + 256u] = b;
  y[first + 512u] = c;
  y[first + 768u] = d;
}
