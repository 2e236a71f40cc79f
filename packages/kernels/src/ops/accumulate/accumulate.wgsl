// total = keep * total + x, in place; where keep is 0, total = x even if total was not a number. One thread owns four
// values: nothing is shared, every value is read and written once.
struct Params {
  count4: u32,
}

@group(0) @binding(0) var<storage, read_write> total: array<vec4f>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> keep: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroup + local;
  if (i >= params.count4) {
    return;
  }
  let factor = keep[0];
  if (factor == 0.0) {
    total[i] = x[i];
  } else {
    total[i] = factor * total[i] + x[i];
  }
}
