// attention.backward.key.wgsl for subgroups of eight lanes; see attention.subgroup.wgsl for who owns what. Here
// eight lanes own eight keys, and lane l holds row l of a tile of query rows.
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
@group(0) @binding(1) var<storage, read> dy: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(3) var<storage, read> delta: array<f32>; // [batch, heads, tokens]
@group(0) @binding(4) var<storage, read_write> dqkv: array<vec4f>; // only the columns of k and v are written here
@group(0) @binding(5) var<uniform> params: Params;

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
  let firstKey = index % blocks * 8u;
  let slice = index / blocks % slices;
  let sequence = index / blocks / slices;
  if (sequence >= params.sequences) {
    return;
  }
  let batch = sequence / params.heads;
  let head = sequence % params.heads * headSize4;
  let stride = 3u * width4;
  let start = batch * params.tokens * stride + head;
  let startY = batch * params.tokens * width4 + head;
  let last = params.tokens - 1u;
  let causal = params.causal != 0u;
  let k = start + width4 + min(firstKey + lane, last) * stride;
  // Columns past the end of the head are computed from its last ones and not stored.
  let near = slice * 16u + lane;
  let far = near + 8u;
  let toNear = min(near, headSize4 - 1u);
  let toFar = min(far, headSize4 - 1u);

  #for c in 0..8
  var dkNear$c = vec4f();
  var dkFar$c = vec4f();
  var dvNear$c = vec4f();
  var dvFar$c = vec4f();
  let from$c = select(0u, firstKey + $c, causal);
  #end
  for (var firstRow = select(0u, firstKey, causal); firstRow < params.tokens; firstRow += 8u) {
    let row = min(firstRow + lane, last);
    let q = start + row * stride;
    let g = startY + row * width4;
    let inside = firstRow + lane < params.tokens;
    let rowLogSum = logSum[sequence * params.tokens + row];
    let rowDelta = delta[sequence * params.tokens + row];
    #for c in 0..8
    var s$c = 0.0;
    var dp$c = 0.0;
    #end
    for (var d = 0u; d < headSize4; d++) {
      let rowQuery = qkv[q + d];
      let rowGradient = dy[g + d];
      let keys = qkv[k + d];
      let values = qkv[k + width4 + d];
      #for c in 0..8
      s$c += dot(subgroupShuffle(keys, ${c}u), rowQuery);
      dp$c += dot(subgroupShuffle(values, ${c}u), rowGradient);
      #end
    }
    #for c in 0..8
    let p$c = select(0.0, exp(s$c * params.scale - rowLogSum), inside && row >= from$c);
    let ds$c = p$c * (dp$c - rowDelta) * params.scale;
    #end
    let count = min(8u, params.tokens - firstRow);
    for (var i = 0u; i < count; i++) {
      let qToken = start + (firstRow + i) * stride;
      let gToken = startY + (firstRow + i) * width4;
      let qNear = qkv[qToken + toNear];
      let qFar = qkv[qToken + toFar];
      let gNear = dy[gToken + toNear];
      let gFar = dy[gToken + toFar];
      #for c in 0..8
      {
        let p = subgroupShuffle(p$c, i);
        let ds = subgroupShuffle(ds$c, i);
        dkNear$c += ds * qNear;
        dkFar$c += ds * qFar;
        dvNear$c += p * gNear;
        dvFar$c += p * gFar;
      }
      #end
    }
  }

  #for c in 0..8
  if (firstKey + $c < params.tokens) {
    let to = start + width4 + (firstKey + $c) * stride;
    if (near < headSize4) {
      dqkv[to + near] = dkNear$c;
      dqkv[to + width4 + near] = dvNear$c;
    }
    if (far < headSize4) {
      dqkv[to + far] = dkFar$c;
      dqkv[to + width4 + far] = dvFar$c;
    }
  }
  #end
}
