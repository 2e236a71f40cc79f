// dx = dy * f'(x) for the activations of activation.wgsl and of linear layers. For relu, x may be the output as well:
// it is positive where the input is. One thread owns four values.
struct Params {
  count4: u32,
}

@group(0) @binding(0) var<storage, read> x: array<stored4>;
@group(0) @binding(1) var<storage, read> dy: array<stored4>;
@group(0) @binding(2) var<storage, read_write> dx: array<stored4>;
@group(0) @binding(3) var<uniform> params: Params;

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
    writeDx(i, readDy(i) * slope(kind, readX(i)));
  }
}
