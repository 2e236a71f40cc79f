// y = x * scale: whole numbers in bytes as floats. Each scale belongs to `perScale` neighbouring values, which need not
// be whole words.
//
// One thread owns one word: four neighbouring values.
struct Params {
  count4: u32, // words of x
  perScale: u32,
  scales: u32,
}

@group(0) @binding(0) var<storage, read> x: array<stored4>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.count4) {
    return;
  }
  let row = min((thread * 4u + vec4u(0u, 1u, 2u, 3u)) / params.perScale, vec4u(params.scales - 1u));
  y[thread] = readX(thread) * vec4f(scale[row.x], scale[row.y], scale[row.z], scale[row.w]);
}
