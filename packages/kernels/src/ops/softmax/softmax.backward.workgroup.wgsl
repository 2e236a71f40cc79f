// softmax.backward.wgsl for GPUs: fan * fan neighbouring threads share a row, as in softmax.workgroup.wgsl.
struct Params {
  rows: u32,
  columns: u32,
  fan: u32,
}

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

alias Part = f32; // of the sum of y * dy

fn combine(a: Part, b: Part) -> Part {
  return a + b;
}

#include ../sum/reduce.include.wgsl

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let lanes = params.fan * params.fan;
  let row = (group.y * groups.x + group.x) * (64u / lanes) + thread / lanes;
  // Threads without a row have no columns, but reach the barriers.
  let columns = select(0u, params.columns, row < params.rows);
  let start = row * params.columns;
  let lane = thread % lanes;

  var product = 0.0;
#for i in 0..8
  var y$i = 0.0;
  var dy$i = 0.0;
  if (lane + $i * lanes < columns) {
    y$i = y[start + lane + $i * lanes];
    dy$i = dy[start + lane + $i * lanes];
  }
  product += y$i * dy$i;
#end
  for (var i = lane + 8u * lanes; i < columns; i += lanes) {
    product += y[start + i] * dy[start + i];
  }
  let total = reduce(product, thread, params.fan);
#for i in 0..8
  if (lane + $i * lanes < columns) {
    dx[start + lane + $i * lanes] = y$i * (dy$i - total);
  }
#end
  for (var i = lane + 8u * lanes; i < columns; i += lanes) {
    dx[start + i] = y[start + i] * (dy[start + i] - total);
  }
}
