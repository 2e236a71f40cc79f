// Gradients of batchnorm with respect to weight and bias: sums over all rows, in two stages without atomics, so that
// the order of additions is fixed. This is stage one; `sum` adds up the parts.
//
// One thread owns one channel of one slice of rows: neighbouring threads read neighbouring channels.
struct Params {
  rows: u32,
  channels: u32,
  rowsPerSlice: u32,
  slices: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> partWeight: array<f32>; // [slices, channels]
@group(0) @binding(5) var<storage, read_write> partBias: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.slices * params.channels) {
    return;
  }
  let channel = thread % params.channels;
  let first = (thread / params.channels) * params.rowsPerSlice;
  let end = min(first + params.rowsPerSlice, params.rows);
  let center = mean[channel];
  var weight = 0.0;
  var bias = 0.0;
  for (var row = first; row < end; row++) {
    let i = row * params.channels + channel;
    weight += dy[i] * (x[i] - center);
    bias += dy[i];
  }
  partWeight[thread] = weight / sqrt(variance[channel] + params.epsilon);
  partBias[thread] = bias;
}
