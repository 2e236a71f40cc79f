// Gradients of attention with respect to k and v; see attention.backward.query.wgsl for the formulas:
//   dk = dsT q, dv = pT dy
// One thread owns four keys of one head and walks the query rows four at a time, so that nothing has to be added up
// across threads. Matrices hold one key per column: transpose(q) * k are scores, dy * p is dv.
//
// Floats only: dqkv would round its running sums to halves at every step.
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read> dy: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(3) var<storage, read> delta: array<f32>; // [batch, heads, tokens]
@group(0) @binding(4) var<storage, read_write> dqkv: array<vec4f>; // only the columns of k and v are written here
@group(0) @binding(5) var<uniform> params: Params;

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

  // Keys past the end repeat the last one: they store the same values to the same place.
  #for c in 0..4
  let key$c = min(place.first + $c, last);
  let k$c = place.qkv + width4 + key$c * 3u * width4;
  let from$c = select(0u, key$c, causal);
  #end

  let firstRow = from0;
  for (var row = firstRow; row < params.tokens; row += 4u) {
    #for i in 0..4
    let row$i = min(row + $i, last);
    let q$i = place.qkv + row$i * 3u * width4;
    let y$i = place.y + row$i * width4;
    let s$i = place.logSum + row$i;
    #end
    var scores = mat4x4f();
    var dp = mat4x4f();
    for (var d = 0u; d < headSize4; d++) {
      let k = mat4x4f(qkv[k0 + d], qkv[k1 + d], qkv[k2 + d], qkv[k3 + d]);
      scores += transpose(mat4x4f(qkv[q0 + d], qkv[q1 + d], qkv[q2 + d], qkv[q3 + d])) * k;
      let e = d + width4;
      let v = mat4x4f(qkv[k0 + e], qkv[k1 + e], qkv[k2 + e], qkv[k3 + e]);
      dp += transpose(mat4x4f(dy[y0 + d], dy[y1 + d], dy[y2 + d], dy[y3 + d])) * v;
    }

    let index = vec4u(row) + vec4u(0u, 1u, 2u, 3u);
    let inside = index < vec4u(params.tokens);
    let logSum4 = vec4f(logSum[s0], logSum[s1], logSum[s2], logSum[s3]);
    let delta4 = vec4f(delta[s0], delta[s1], delta[s2], delta[s3]);
    #for c in 0..4
    let p$c = select(vec4f(), exp(scores[$c] * params.scale - logSum4), inside & (index >= vec4u(from$c)));
    let ds$c = p$c * (dp[$c] - delta4) * params.scale;
    #end
    let p = mat4x4f(p0, p1, p2, p3);
    let ds = mat4x4f(ds0, ds1, ds2, ds3);
    for (var d = 0u; d < headSize4; d++) {
      let e = d + width4;
      var dk = mat4x4f(qkv[q0 + d], qkv[q1 + d], qkv[q2 + d], qkv[q3 + d]) * ds;
      var dv = mat4x4f(dy[y0 + d], dy[y1 + d], dy[y2 + d], dy[y3 + d]) * p;
      if (row > firstRow) {
        dk += mat4x4f(dqkv[k0 + d], dqkv[k1 + d], dqkv[k2 + d], dqkv[k3 + d]);
        dv += mat4x4f(dqkv[k0 + e], dqkv[k1 + e], dqkv[k2 + e], dqkv[k3 + e]);
      }
      #for c in 0..4
      dqkv[k$c + d] = dk[$c];
      dqkv[k$c + e] = dv[$c];
      #end
    }
  }
}
