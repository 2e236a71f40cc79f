// Gradient of average-pool: dx = dy / size^2 in the window of dy, and zero in the rows and columns that lie in no
// window. One thread owns one channel of one row of dx, as in the forward pass.
struct Params {
  count: u32, // batch * height * channels
  outHeight: u32,
  outWidth: u32,
  height: u32,
  width: u32,
  channels: u32,
  size: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
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
  let imageRow = i / params.channels; // of the whole batch
  let image = imageRow / params.height;
  let outRow = (imageRow % params.height) / params.size;
  let start = imageRow * params.width * params.channels + channel;
  for (var column = 0u; column <= params.outWidth; column++) {
    var gradient = 0.0;
    if (outRow < params.outHeight && column < params.outWidth) {
      let window = (image * params.outHeight + outRow) * params.outWidth + column;
      gradient = dy[window * params.channels + channel] / f32(params.size * params.size);
    }
    let end = min((column + 1u) * params.size, params.width);
    for (var pixel = column * params.size; pixel < end; pixel++) {
      dx[start + pixel * params.channels] = gradient;
    }
  }
}
