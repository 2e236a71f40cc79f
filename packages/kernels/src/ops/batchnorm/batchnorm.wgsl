// y = (x - mean) / sqrt(variance + epsilon) * weight + bias for each channel of x [rows, channels], with given
// statistics.
//
// One thread owns one channel of eight rows, so that it reads the channel's numbers once, and neighbouring threads read
// neighbouring channels.
struct Params {
  rows: u32,
  channels: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

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
  let center = mean[channel];
  let shift = bias[channel];
  for (var row = first; row < end; row++) {
    let i = row * params.channels + channel;
    y[i] = (x[i] - center) * scale + shift;
  }
}
