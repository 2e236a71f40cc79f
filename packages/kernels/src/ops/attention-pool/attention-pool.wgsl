// y = p v: the tokens' values, weighted. One thread owns four columns of one image, so that neighbouring threads
// read neighbouring columns. (p is only read, but bound for writing too, as it is an output of the op.)
struct Params {
  tokens: u32,
  heads: u32,
  sequences: u32, // batch * heads
  width4: u32,
  headSize4: u32,
}

@group(0) @binding(0) var<storage, read_write> p: array<vec4f>; // [batch, heads, tokens rounded up to four]
@group(0) @binding(1) var<storage, read> v: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>; // [batch, heads, headSize]
@group(0) @binding(3) var<uniform> params: Params;

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

  var sum = vec4f();
  for (var i = 0u; i < tokens4; i++) {
    #for t in 0..4
    let v$t = v[start + min(4u * i + $t, last) * params.width4];
    #end
    sum += mat4x4f(v0, v1, v2, v3) * p[sequence * tokens4 + i];
  }
  y[thread] = sum;
}
