// l2-normalize.dot.wgsl and l2-normalize.wgsl in one for GPUs, where the norms need not go through memory: fan * fan
// neighbouring threads share a row. Each keeps its first four vec4s in registers, which spares rows of up to 1024
// columns the second reading.
struct Params {
  rows: u32,
  columns4: u32,
  epsilon: f32,
  fan: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> norms: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

alias Part = f32; // of the sum of squares

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
  let columns4 = select(0u, params.columns4, row < params.rows);
  let start = row * params.columns4;
  let lane = thread % lanes;

  var squares = 0.0;
#for i in 0..4
  var x$i = vec4f();
  if (lane + $i * lanes < columns4) {
    x$i = x[start + lane + $i * lanes];
  }
  squares += dot(x$i, x$i);
#end
  for (var i = lane + 4u * lanes; i < columns4; i += lanes) {
    squares += dot(x[start + i], x[start + i]);
  }
  let norm = sqrt(reduce(squares, thread, params.fan));
  if (lane == 0u && row < params.rows) {
    norms[row] = norm;
  }
  let divisor = max(norm, params.epsilon);
#for i in 0..4
  if (lane + $i * lanes < columns4) {
    y[start + lane + $i * lanes] = x$i / divisor;
  }
#end
  for (var i = lane + 4u * lanes; i < columns4; i += lanes) {
    y[start + i] = x[start + i] / divisor;
  }
}
