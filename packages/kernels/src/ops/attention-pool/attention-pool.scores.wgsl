// p = softmax(q kT * scale) over the tokens, for the one query that each image has. One thread owns one head of one
// image and takes four tokens at a time, so that each value of q is loaded once for four.
struct Params {
  tokens: u32,
  heads: u32,
  sequences: u32, // batch * heads
  width4: u32,
  headSize4: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4f>; // [batch, heads, headSize]
@group(0) @binding(1) var<storage, read> k: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read_write> p: array<vec4f>; // [batch, heads, tokens rounded up to four], the rest 0
@group(0) @binding(3) var<uniform> params: Params;

const masked = -1e30;
const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (group.y * groups.x + group.x) * workgroup + local;
  let sequence = thread;
  if (sequence >= params.sequences) {
    return;
  }
  let head = sequence % params.heads * params.headSize4;
  let batch = sequence / params.heads;
  let row = batch * params.width4 + head;
  let start = batch * params.tokens * params.width4 + head;
  let last = params.tokens - 1u;
  let tokens4 = (params.tokens + 3u) / 4u;

  var largest = masked;
  var total = 0.0;
  for (var i = 0u; i < tokens4; i++) {
    #for t in 0..4
    let k$t = start + min(4u * i + $t, last) * params.width4;
    #end
    var dots = vec4f();
    for (var d = 0u; d < params.headSize4; d++) {
      dots += q[row + d] * mat4x4f(k[k0 + d], k[k1 + d], k[k2 + d], k[k3 + d]);
    }
    let inside = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.tokens);
    let score = select(vec4f(masked), dots * params.scale, inside);
    let next = max(largest, max(max(score.x, score.y), max(score.z, score.w)));
    total = total * exp(largest - next) + dot(exp(score - next), vec4f(1.0));
    largest = next;
    p[sequence * tokens4 + i] = score;
  }
  for (var i = 0u; i < tokens4; i++) {
    p[sequence * tokens4 + i] = exp(p[sequence * tokens4 + i] - largest) / total;
  }
}
