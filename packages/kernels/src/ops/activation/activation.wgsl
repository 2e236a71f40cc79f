// y = f(x) for the activations of CLIP and the Combiner. One thread owns four values. Which function is an override, so
// that each pipeline holds only its own.
struct Params {
  count4: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

override kind: u32;

#include activation.include.wgsl

const workgroup = 256u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroup + local;
  if (i < params.count4) {
    y[i] = activate(kind, x[i]);
  }
}
