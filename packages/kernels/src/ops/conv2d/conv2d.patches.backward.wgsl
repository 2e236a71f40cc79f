// Gradient of conv2d.patches: dx gathers from dy what the forward pass put there, and is zero at the edges that were
// left over. One thread owns one row of pixels of one patch, as in the forward pass.
#include conv2d.patches.include.wgsl

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
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.count) {
    return;
  }
  let piece = pieceOf(thread);
  for (var pixel = 0u; pixel < piece.pixels; pixel++) {
    for (var channel = 0u; channel < params.channels; channel++) {
      var gradient = 0.0;
      if (piece.kept) {
        gradient = dy[piece.place + channel * params.patchHeight * params.patchWidth + pixel];
      }
      dx[piece.first + pixel * params.channels + channel] = gradient;
    }
  }
}
