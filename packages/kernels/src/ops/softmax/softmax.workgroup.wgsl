// softmax.wgsl for GPUs, on which neighbouring threads should read neighbouring values: fan * fan threads share a row.
// Each keeps its first eight values in registers between the sum and the output, which spares rows of up to 512 columns
// the second reading. Values one at a time, as rows start anywhere within a vec4.
struct Params {
  rows: u32,
  columns: u32,
  fan: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

#include exponentials.include.wgsl
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

  var own = Part(lowest, 0.0);
#for i in 0..8
  var value$i = lowest;
  if (lane + $i * lanes < columns) {
    value$i = x[start + lane + $i * lanes];
  }
  own.x = max(own.x, value$i);
#end
#for i in 0..8
  if (lane + $i * lanes < columns) {
    own.y += exp(value$i - own.x);
  }
#end
  for (var i = lane + 8u * lanes; i < columns; i += lanes) {
    own = combine(own, Part(x[start + i], 1.0));
  }
  let total = reduce(own, thread, params.fan);
  let scale = 1.0 / total.y;
#for i in 0..8
  if (lane + $i * lanes < columns) {
    y[start + lane + $i * lanes] = exp(value$i - total.x) * scale;
  }
#end
  for (var i = lane + 8u * lanes; i < columns; i += lanes) {
    y[start + i] = exp(x[start + i] - total.x) * scale;
  }
}
