// Gradient of the attention pool with respect to its scores: ds = p * (dp - sum(p * dp)) * scale with dp = dy vT.
// One thread owns one head of one image, as in attention-pool.scores.wgsl.
struct Params {
  tokens: u32,
  heads: u32,
  sequences: u32, // batch * heads
  width4: u32,
  headSize4: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> v: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(1) var<storage, read> dy: array<vec4f>; // [batch, heads, headSize]
@group(0) @binding(2) var<storage, read> p: array<vec4f>; // [batch, heads, tokens rounded up to four]
@group(0) @binding(3) var<storage, read_write> ds: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

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

  var delta = 0.0;
  for (var i = 0u; i < tokens4; i++) {
    #for t in 0..4
    let v$t = start + min(4u * i + $t, last) * params.width4;
    #end
    var dp = vec4f();
    for (var d = 0u; d < params.headSize4; d++) {
      dp += dy[row + d] * mat4x4f(v[v0 + d], v[v1 + d], v[v2 + d], v[v3 + d]);
    }
    delta += dot(p[sequence * tokens4 + i], dp);
    ds[sequence * tokens4 + i] = dp;
  }
  for (var i = 0u; i < tokens4; i++) {
    let at = sequence * tokens4 + i;
    ds[at] = p[at] * (ds[at] - delta) * params.scale;
  }
}
