// Gradient of batchnorm with respect to x: dx = dy * weight / sqrt(variance + epsilon), since the statistics are given.
// One thread owns one channel of eight rows, as in the forward pass.
struct Params {
  rows: u32,
  channels: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read> variance: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const workgroup = 64u;
const rowsPerThread = 8u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  let channel = thread % params.channels;
  let first = (thread / params.channels) * rowsPerThread;
  let end = min(first + rowsPerThread, params.rows);
  let scale = weight[channel] / sqrt(variance[channel] + params.epsilon);
  for (var row = first; row < end; row++) {
    let i = row * params.channels + channel;
    dx[i] = dy[i] * scale;
  }
}
