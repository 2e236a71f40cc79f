// Copies x [pixels, channels] to padded [pixels, channels4 * 4] with zeros behind each pixel, so that the kernels of
// conv2d can read four channels at a time. One thread owns one vec4.
struct Params {
  pixels: u32,
  channels: u32,
  channels4: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> padded: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.pixels * params.channels4) {
    return;
  }
  let start = (thread / params.channels4) * params.channels;
  var value = vec4f();
  #for lane in 0..4
  let channel$lane = (thread % params.channels4) * 4u + $lane;
  if (channel$lane < params.channels) {
    value[$lane] = x[start + channel$lane];
  }
  #end
  padded[thread] = value;
}
