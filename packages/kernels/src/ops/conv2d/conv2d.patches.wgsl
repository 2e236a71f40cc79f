// Cuts images into patches that do not overlap: x [batch, height, width, channels] to
// y [batch * rows * columns of patches, channels * height * width of a patch], in the order of a weight's taps.
//
// One thread owns one row of pixels of one patch: the divisions that find its place, slow on CPUs, are made once for
// all of them. What is left over at the edges has no place.
#include conv2d.patches.include.wgsl

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
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  if (thread >= params.count) {
    return;
  }
  let piece = pieceOf(thread);
  if (!piece.kept) {
    return;
  }
  for (var pixel = 0u; pixel < params.patchWidth; pixel++) {
    for (var channel = 0u; channel < params.channels; channel++) {
      let place = piece.place + channel * params.patchHeight * params.patchWidth + pixel;
      y[place] = x[piece.first + pixel * params.channels + channel];
    }
  }
}
