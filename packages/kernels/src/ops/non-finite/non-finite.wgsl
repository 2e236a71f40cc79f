// part[slice] = how many of a slice's values are infinite or not a number. They are recognised by their bits: WGSL lets
// comparisons assume that there are none. One thread owns a slice and walks it in strides, so that neighbouring threads
// read neighbouring values. The padding of the last vector does not count.
struct Params {
  count: u32,
  slices: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> part: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let slice = group.x * workgroup + local;
  if (slice >= params.slices) {
    return;
  }
  var found = vec4u();
  for (var i = slice; i * 4u < params.count; i += params.slices) {
    let isBad = (x[i] & vec4u(0x7f800000u)) == vec4u(0x7f800000u);
    let isValue = vec4u(i * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.count);
    found += select(vec4u(), vec4u(1u), isBad & isValue);
  }
  part[slice] = f32(found.x + found.y + found.z + found.w);
}
