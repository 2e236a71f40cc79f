// attention.wgsl for subgroups of eight lanes (lavapipe), where a load costs as much as fifty additions and a
// broadcast next to nothing. Eight lanes own eight query rows of one head and 64 of its columns: the whole head in
// OpenAI's CLIPs. A wider head takes more subgroups, which make the scores again.
//
// Scores: lane l holds key l of a tile and gets the rows' values by broadcast. y: lane l holds columns 4l to 4l+3
// and 32+4l to 35+4l of all eight rows in registers, and gets the probabilities by shuffle.
enable subgroups;

struct Params {
  tokens: u32,
  heads: u32,
  sequences: u32, // batch * heads
  width4: u32,
  headSize4: u32,
  causal: u32,
  saveLogSum: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read_write> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(3) var<uniform> params: Params;

const masked = -1e30;

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
  let q = start + min(firstRow + lane, last) * stride;
  // Columns past the end of the head are computed from its last ones and not stored.
  let near = slice * 16u + lane;
  let far = near + 8u;
  let v = start + 2u * width4;
  let vNear = v + min(near, headSize4 - 1u);
  let vFar = v + min(far, headSize4 - 1u);

  #for r in 0..8
  var near$r = vec4f();
  var far$r = vec4f();
  var largest$r = masked;
  var total$r = 0.0; // of this lane's keys
  let limit$r = select(params.tokens, min(firstRow + ${r+1}, params.tokens), causal);
  #end
  for (var key = 0u; key < keys; key += 8u) {
    let k = start + width4 + min(key + lane, last) * stride;
    #for r in 0..8
    var p$r = 0.0;
    #end
    for (var d = 0u; d < headSize4; d++) {
      let rows = qkv[q + d];
      let column = qkv[k + d];
      #for r in 0..8
      p$r += dot(subgroupShuffle(rows, ${r}u), column);
      #end
    }
    #for r in 0..8
    {
      let inside = key + lane < limit$r;
      let score = select(masked, p$r * params.scale, inside);
      let next = max(largest$r, subgroupMax(score));
      let fade = exp(largest$r - next);
      largest$r = next;
      p$r = select(0.0, exp(score - next), inside);
      total$r = total$r * fade + p$r;
      near$r *= fade;
      far$r *= fade;
    }
    #end
    let count = min(8u, keys - key);
    for (var j = 0u; j < count; j++) {
      let token = (key + j) * stride;
      let a = qkv[vNear + token];
      let b = qkv[vFar + token];
      #for r in 0..8
      {
        let p = subgroupShuffle(p$r, j);
        near$r += p * a;
        far$r += p * b;
      }
      #end
    }
  }

  let saves = params.saveLogSum != 0u && slice == 0u && lane == 0u;
  #for r in 0..8
  let sum$r = subgroupAdd(total$r);
  if (firstRow + $r < params.tokens) {
    let row = (batch * params.tokens + firstRow + $r) * width4 + head;
    if (near < headSize4) {
      y[row + near] = near$r / sum$r;
    }
    if (far < headSize4) {
      y[row + far] = far$r / sum$r;
    }
    if (saves) {
      logSum[sequence * params.tokens + firstRow + $r] = largest$r + log(sum$r);
    }
  }
  #end
}
