// Gradient of layernorm with respect to x. With n = (x - mean) * scale and g = dy * weight:
//   dx = scale * (g - average(g) - n * average(g * n))
// One thread owns one row, as in the forward pass.
struct Params {
  rows: u32,
  width4: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<stored4>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (group.y * groups.x + group.x) * workgroup + local;
  if (row >= params.rows) {
    return;
  }
  let start = row * params.width4;
  let width = f32(params.width4 * 4u);
  let mean = statistics[row].x;
  let scale = statistics[row].y;

  var sum = vec4f();
  var product = vec4f();
  for (var i = 0u; i < params.width4; i++) {
    let g = readDy(start + i) * weight[i];
    sum += g;
    product += g * (x[start + i] - mean);
  }
  let averageGradient = dot(sum, vec4f(1.0)) / width;
  let averageProduct = dot(product, vec4f(1.0)) * scale / width;

  for (var i = 0u; i < params.width4; i++) {
    let n = (x[start + i] - mean) * scale;
    dx[start + i] = scale * (readDy(start + i) * weight[i] - averageGradient - n * averageProduct);
  }
}
