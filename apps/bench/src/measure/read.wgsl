// A kernel that only reads: each thread adds up 16 vectors, a workgroup's worth apart, so that neighbouring threads read
// neighbouring vectors; the sums are written, or the reading would be optimized away.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  let first = index * 1024u + local;
  var sum = vec4f();
  for (var i = 0u; i < 16u; i++) { sum += x[min(first + 64u * i, arrayLength(&x) - 1u)]; }
  let thread = index * 64u + local;
  if (thread < arrayLength(&y)) { y[thread] = sum; }
}
