// Gradient of attention with respect to q, and the row sums that both halves of the backward pass need. The
// probabilities are made again from q, k and the saved logarithms (Dao et al. 2022, arXiv 2205.14135, appendix B.2):
//   p = exp(scale * q kT - logSum), dp = dy vT, delta = rowsum(dy * y), ds = p * (dp - delta) * scale, dq = ds k
// One thread owns four query rows of one head and walks the keys four at a time, as in the forward pass.
//
// Floats only: dqkv would round its running sums to halves at every step.
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read> y: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(4) var<storage, read_write> delta: array<f32>; // [batch, heads, tokens]
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>; // only the columns of q are written here
@group(0) @binding(6) var<uniform> params: Params;

#include attention.include.wgsl

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let place = placeOf((group.y * groups.x + group.x) * workgroup + local, 4u, 1u);
  if (!place.exists) {
    return;
  }
  let width4 = params.width4;
  let headSize4 = params.headSize4;
  let last = params.tokens - 1u;
  let causal = params.causal != 0u;

  // Rows past the end repeat the last one: they store the same values to the same place.
  #for r in 0..4
  let row$r = min(place.first + $r, last);
  let q$r = place.qkv + row$r * 3u * width4;
  let y$r = place.y + row$r * width4;
  let limit$r = select(params.tokens, row$r + 1u, causal);
  let logSum$r = logSum[place.logSum + row$r];
  var delta$r = 0.0;
  #end
  for (var d = 0u; d < headSize4; d++) {
    #for r in 0..4
    delta$r += dot(y[y$r + d], dy[y$r + d]);
    #end
  }
  #for r in 0..4
  delta[place.logSum + row$r] = delta$r;
  #end

  let keys = limit3;
  for (var key = 0u; key < keys; key += 4u) {
    #for j in 0..4
    let k$j = place.qkv + width4 + min(key + $j, last) * 3u * width4;
    #end
    var scores = mat4x4f();
    var dp = mat4x4f();
    for (var d = 0u; d < headSize4; d++) {
      let q = mat4x4f(qkv[q0 + d], qkv[q1 + d], qkv[q2 + d], qkv[q3 + d]);
      scores += transpose(mat4x4f(qkv[k0 + d], qkv[k1 + d], qkv[k2 + d], qkv[k3 + d])) * q;
      let g = mat4x4f(dy[y0 + d], dy[y1 + d], dy[y2 + d], dy[y3 + d]);
      let v = d + width4;
      dp += transpose(mat4x4f(qkv[k0 + v], qkv[k1 + v], qkv[k2 + v], qkv[k3 + v])) * g;
    }

    let index = vec4u(key) + vec4u(0u, 1u, 2u, 3u);
    #for r in 0..4
    let p$r = select(vec4f(), exp(scores[$r] * params.scale - logSum$r), index < vec4u(limit$r));
    let ds$r = p$r * (dp[$r] - delta$r) * params.scale;
    #end
    let ds = mat4x4f(ds0, ds1, ds2, ds3);
    for (var d = 0u; d < headSize4; d++) {
      var sum = mat4x4f(qkv[k0 + d], qkv[k1 + d], qkv[k2 + d], qkv[k3 + d]) * ds;
      if (key > 0u) {
        sum += mat4x4f(dqkv[q0 + d], dqkv[q1 + d], dqkv[q2 + d], dqkv[q3 + d]);
      }
      #for r in 0..4
      dqkv[q$r + d] = sum[$r];
      #end
    }
  }
}
