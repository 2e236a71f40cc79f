// attention.backward.query.wgsl for subgroups of eight lanes; see attention.subgroup.wgsl for who owns what.
enable subgroups;

struct Params {
  tokens: u32,
  heads: u32,
  sequences: u32, // batch * heads
  width4: u32,
  headSize4: u32,
  causal: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read> y: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(4) var<storage, read_write> delta: array<f32>; // [batch, heads, tokens]
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>; // only the columns of q are written here
@group(0) @binding(6) var<uniform> params: Params;

// One subgroup per workgroup; those that share a head follow each other.
@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let width4 = params.width4;
  let headSize4 = params.headSize4;
  let blocks = (params.tokens + 7u) / 8u;
  let slices = (headSize4 + 15u) / 16u;
  let index = group.y * groups.x + group.x;
  let firstRow = index % blocks * 8u;
  let slice = index / blocks % slices;
  let sequence = index / blocks / slices;
  if (sequence >= params.sequences) {
    return;
  }
  let batch = sequence / params.heads;
  let head = sequence % params.heads * headSize4;
  let stride = 3u * width4;
  let start = batch * params.tokens * stride + head;
  let last = params.tokens - 1u;
  let causal = params.causal != 0u;
  let keys = select(params.tokens, min(firstRow + 8u, params.tokens), causal);
  let row = min(firstRow + lane, last);
  let q = start + row * stride;
  let g = (batch * params.tokens + row) * width4 + head;
  // Columns past the end of the head are computed from its last ones and not stored.
  let near = slice * 16u + lane;
  let far = near + 8u;
  let kNear = start + width4 + min(near, headSize4 - 1u);
  let kFar = start + width4 + min(far, headSize4 - 1u);

  var rowDelta = 0.0;
  for (var d = 0u; d < headSize4; d++) {
    rowDelta += dot(y[g + d], dy[g + d]);
  }
  if (slice == 0u) {
    delta[sequence * params.tokens + row] = rowDelta;
  }
  let rowLogSum = logSum[sequence * params.tokens + row];

  #for r in 0..8
  var near$r = vec4f();
  var far$r = vec4f();
  let logSum$r = subgroupShuffle(rowLogSum, ${r}u);
  let delta$r = subgroupShuffle(rowDelta, ${r}u);
  let limit$r = select(params.tokens, min(firstRow + ${r+1}, params.tokens), causal);
  #end
  for (var key = 0u; key < keys; key += 8u) {
    let k = start + width4 + min(key + lane, last) * stride;
    #for r in 0..8
    var s$r = 0.0;
    var dp$r = 0.0;
    #end
    for (var d = 0u; d < headSize4; d++) {
      let rows = qkv[q + d];
      let rowGradients = dy[g + d];
      let kColumn = qkv[k + d];
      let vColumn = qkv[k + width4 + d];
      #for r in 0..8
      s$r += dot(subgroupShuffle(rows, ${r}u), kColumn);
      dp$r += dot(subgroupShuffle(rowGradients, ${r}u), vColumn);
      #end
    }
    #for r in 0..8
    let p$r = select(0.0, exp(s$r * params.scale - logSum$r), key + lane < limit$r);
    let ds$r = p$r * (dp$r - delta$r) * params.scale;
    #end
    let count = min(8u, keys - key);
    for (var j = 0u; j < count; j++) {
      let token = (key + j) * stride;
      let a = qkv[kNear + token];
      let b = qkv[kFar + token];
      #for r in 0..8
      {
        let ds = subgroupShuffle(ds$r, j);
        near$r += ds * a;
        far$r += ds * b;
      }
      #end
    }
  }

  #for r in 0..8
  if (firstRow + $r < params.tokens) {
    let to = start + (firstRow + $r) * stride;
    if (near < headSize4) {
      dqkv[to + near] = near$r;
    }
    if (far < headSize4) {
      dqkv[to + far] = far$r;
    }
  }
  #end
}
