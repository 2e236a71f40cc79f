// Averages windows of size x size pixels that do not overlap: y [batch, outHeight, outWidth, channels].
//
// One thread owns one channel of one row of y: neighbouring threads read neighbouring channels, and the divisions that
// find the row, slow on CPUs, are made once for all of its windows.
struct Params {
  count: u32, // batch * outHeight * channels
  outHeight: u32,
  outWidth: u32,
  height: u32,
  width: u32,
  channels: u32,
  size: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroup + local;
  if (i >= params.count) {
    return;
  }
  let channel = i % params.channels;
  let outRow = i / params.channels; // of the whole batch
  let image = outRow / params.outHeight;
  let top = image * params.height + (outRow % params.outHeight) * params.size;
  for (var column = 0u; column < params.outWidth; column++) {
    let left = column * params.size;
    var sum = 0.0;
    for (var row = top; row < top + params.size; row++) {
      for (var pixel = left; pixel < left + params.size; pixel++) {
        sum += x[(row * params.width + pixel) * params.channels + channel];
      }
    }
    y[(outRow * params.outWidth + column) * params.channels + channel] = sum / f32(params.size * params.size);
  }
}
