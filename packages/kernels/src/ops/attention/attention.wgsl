// y = softmax(q kT * scale) v for every head, and the logarithm of each row's sum of exponentials for the backward
// pass. The [tokens, tokens] scores never reach memory: keys are walked four at a time with a running maximum and
// sum (online softmax, Milakov & Gimelshein 2018; tiled as in Dao et al. 2022, arXiv 2205.14135).
//
// One thread owns four query rows of one head, so that a load is used four times whatever the head size, and no
// thread ever waits for another. The four rows of y are the accumulators: the thread reads and writes them once per
// tile, since to hold them in registers it would have to be unrolled over one head size. Neighbouring threads own
// neighbouring rows of a head and so read the same keys.
//
// Matrices hold one query row per column: transpose(k) * q are scores, v * p is y.
//
// Floats only: y would round its running sums to halves at every step.
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read_write> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(3) var<uniform> params: Params;

#include attention.include.wgsl

const workgroup = 64u;
const masked = -1e30;

fn largest4(a: vec4f) -> f32 {
  return max(max(a.x, a.y), max(a.z, a.w));
}

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
  var largest$r = masked;
  var total$r = 0.0;
  #end

  let keys = limit3;
  for (var key = 0u; key < keys; key += 4u) {
    #for j in 0..4
    let k$j = place.qkv + width4 + min(key + $j, last) * 3u * width4;
    #end
    var scores = mat4x4f();
    for (var d = 0u; d < headSize4; d++) {
      let q = mat4x4f(qkv[q0 + d], qkv[q1 + d], qkv[q2 + d], qkv[q3 + d]);
      scores += transpose(mat4x4f(qkv[k0 + d], qkv[k1 + d], qkv[k2 + d], qkv[k3 + d])) * q;
    }

    let isLast = key + 4u >= keys;
    let index = vec4u(key) + vec4u(0u, 1u, 2u, 3u);
    #for r in 0..4
    let score$r = select(vec4f(masked), scores[$r] * params.scale, index < vec4u(limit$r));
    let next$r = max(largest$r, largest4(score$r));
    let fade$r = exp(largest$r - next$r);
    let p$r = exp(score$r - next$r);
    largest$r = next$r;
    total$r = total$r * fade$r + dot(p$r, vec4f(1.0));
    let norm$r = select(1.0, 1.0 / total$r, isLast);
    #end
    let p = mat4x4f(p0 * norm0, p1 * norm1, p2 * norm2, p3 * norm3);
    for (var d = 0u; d < headSize4; d++) {
      let v = d + width4;
      var sum = mat4x4f(qkv[k0 + v], qkv[k1 + v], qkv[k2 + v], qkv[k3 + v]) * p;
      if (key > 0u) {
        sum += mat4x4f(
          #for r in 0..4
          y[y$r + d] * (fade$r * norm$r),
          #end
        );
      }
      #for r in 0..4
      y[y$r + d] = sum[$r];
      #end
    }
  }
  if (params.saveLogSum != 0u) {
    #for r in 0..4
    logSum[place.logSum + row$r] = largest$r + log(total$r);
    #end
  }
}
