// The peak-arithmetic kernel: multiply-adds on registers alone. Each thread owns 4 vectors of 4 numbers, 16 independent
// chains: enough to hide the latency of a multiply and an add, few enough to stay in a CPU's vector registers.
// 4 rounds * 4 vectors * 4 numbers * 2 operations = 128 operations a turn of the loop.
@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;

override turns: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = vec4f(0.999, 0.998, 0.997, 0.996);
  let step = vec4f(f32(id.x & 7u)) * 1e-3;
  var a = step + vec4f(1.0);
  var b = step + vec4f(2.0);
  var c = step + vec4f(3.0);
  var d = step + vec4f(4.0);
  for (var i = 0u; i < turns; i++) {
    a = a * factor + step; b = b * factor + step; c = c * factor + step; d = d * factor + step;
    a = a * factor + step; b = b * factor + step; c = c * factor + step; d = d * factor + step;
    a = a * factor + step; b = b * factor + step; c = c * factor + step; d = d * factor + step;
    a = a * factor + step; b = b * factor + step; c = c * factor + step; d = d * factor + step;
  }
  y[id.x] = a + b + c + d;
}
