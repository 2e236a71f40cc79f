// l2-normalize.dot.wgsl and l2-normalize.backward.wgsl in one for GPUs: fan * fan neighbouring threads share a row, as
// in l2-normalize.workgroup.wgsl.
struct Params {
  rows: u32,
  columns4: u32,
  epsilon: f32,
  fan: u32,
}

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> norms: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

alias Part = f32; // of dot(y, dy)

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
  let norm = norms[min(row, params.rows - 1u)];

  var product = 0.0;
#for i in 0..4
  var y$i = vec4f();
  var dy$i = vec4f();
  if (lane + $i * lanes < columns4) {
    y$i = y[start + lane + $i * lanes];
    dy$i = dy[start + lane + $i * lanes];
  }
  product += dot(y$i, dy$i);
#end
  for (var i = lane + 4u * lanes; i < columns4; i += lanes) {
    product += dot(y[start + i], dy[start + i]);
  }
  let total = select(0.0, reduce(product, thread, params.fan), norm > params.epsilon);
  let divisor = max(norm, params.epsilon);
#for i in 0..4
  if (lane + $i * lanes < columns4) {
    dx[start + lane + $i * lanes] = (dy$i - y$i * total) / divisor;
  }
#end
  for (var i = lane + 4u * lanes; i < columns4; i += lanes) {
    dx[start + i] = (dy[start + i] - y[start + i] * total) / divisor;
  }
}
