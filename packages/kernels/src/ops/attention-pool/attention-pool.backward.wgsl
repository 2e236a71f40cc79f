// Gradients of the attention pool, from those of its scores: dq = ds k, dk = dsT q, dv = pT dy. One thread owns
// four columns of one image, so that the sum over tokens is its own and neighbouring threads touch neighbouring
// columns.
struct Params {
  tokens: u32,
  heads: u32,
  sequences: u32, // batch * heads
  width4: u32,
  headSize4: u32,
  storesQ: u32,
  storesK: u32,
  storesV: u32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4f>; // [batch, heads, headSize]
@group(0) @binding(1) var<storage, read> k: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read> dy: array<vec4f>; // [batch, heads, headSize]
@group(0) @binding(3) var<storage, read> p: array<vec4f>; // [batch, heads, tokens rounded up to four]
@group(0) @binding(4) var<storage, read> ds: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dq: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dv: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  let batch = thread / params.width4;
  let column = thread % params.width4;
  let sequence = batch * params.heads + column / params.headSize4;
  if (sequence >= params.sequences) {
    return;
  }
  let start = batch * params.tokens * params.width4 + column;
  let last = params.tokens - 1u;
  let tokens4 = (params.tokens + 3u) / 4u;

  let query = q[thread];
  let gradient = dy[thread];
  var sum = vec4f();
  for (var i = 0u; i < tokens4; i++) {
    let weights = p[sequence * tokens4 + i];
    let scores = ds[sequence * tokens4 + i];
    #for t in 0..4
    {
      let at = start + min(4u * i + $t, last) * params.width4;
      sum += scores[$t] * k[at];
      if (4u * i + $t < params.tokens) {
        if (params.storesK != 0u) {
          dk[at] = scores[$t] * query;
        }
        if (params.storesV != 0u) {
          dv[at] = weights[$t] * gradient;
        }
      }
    }
    #end
  }
  if (params.storesQ != 0u) {
    dq[thread] = sum;
  }
}
