// attention.wgsl through workgroup memory, for GPUs (FlashAttention's tiles, Dao et al. 2022, arXiv 2205.14135).
// tiles.include.wgsl says who owns what; here own tokens are query rows, the others keys. The rows of y stay in
// registers, so that the keys are walked once; tiles of keys that no row sees are skipped.
@group(0) @binding(0) var<storage, read> qkv: array<stored4>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read_write> y: array<stored4>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read_write> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(3) var<uniform> params: Params;

const masked = -1e30;

#include attention.include.wgsl
#include tiles.include.wgsl

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = placeOf(group.y * groups.x + group.x, size, 1u);
  if (!place.exists) {
    return;
  }
  let width4 = params.width4;
  let headSize4 = params.headSize4;
  let stride = 3u * width4;
  let last = params.tokens - 1u;
  let causal = params.causal != 0u;
  // Eight threads copy eight neighbouring vectors of a token.
  let copied = thread % 8u;
  let token = thread / 8u;
  let keys = select(params.tokens, min(place.first + size, params.tokens), causal);
  let rows = vec4u(place.first + local.y) + vec4u(0u, 8u, 16u, 24u);
  let limits = select(vec4u(params.tokens), rows + 1u, vec4<bool>(causal));

  #for c in 0..4
  var sums$c = mat4x4f(); // a column to a row of y
  #end
  var largest = vec4f(masked);
  var total = vec4f(); // of this thread's keys
  for (var key = 0u; key < keys; key += size) {
    var scores = mat4x4f();
    for (var column = 0u; column < headSize4; column += 8u) {
      let inside = column + copied < headSize4;
      let d = min(column + copied, headSize4 - 1u);
      workgroupBarrier();
      for (var at = token; at < size; at += 8u) {
        let q = readQkv(place.qkv + min(place.first + at, last) * stride + d);
        let k = readQkv(place.qkv + min(key + at, last) * stride + width4 + d);
        ownTile[slot(copied, at)] = select(vec4f(), q, inside);
        otherTile[slot(copied, at)] = select(vec4f(), k, inside);
      }
      workgroupBarrier();
      scores += dotProducts(local.x, local.y);
    }

    #for j in 0..4
    let score$j = select(vec4f(masked), scores[$j] * params.scale, vec4u(key + local.x + ${8*j}u) < limits);
    #end
    var tileLargest = max(max(score0, score1), max(score2, score3));
    workgroupBarrier();
    ownTile[local.y * 8u + local.x] = tileLargest;
    workgroupBarrier();
    #for x in 0..8
    tileLargest = max(tileLargest, ownTile[local.y * 8u + ${x}u]);
    #end
    let next = max(largest, tileLargest);
    let fade = exp(largest - next);
    largest = next;
    #for j in 0..4
    let p$j = exp(score$j - next);
    #end
    total = total * fade + (p0 + p1) + (p2 + p3);
    #for j in 0..4
    otherTile[scoreSlot(local.x + ${8*j}u, local.y)] = p$j;
    #end
    workgroupBarrier();

    #for c in 0..4
    #for r in 0..4
    sums$c[$r] *= fade[$r];
    #end
    #end
    let count = min(size, keys - key);
    for (var j = 0u; j < count; j++) {
      let p = otherTile[scoreSlot(j, local.y)];
      let v = place.qkv + (key + j) * stride + 2u * width4;
      #for c in 0..4
      if (${c}u < columnTiles) {
        let v$c = readQkv(v + min(${8*c}u + local.x, headSize4 - 1u));
        #for r in 0..4
        sums$c[$r] += p[$r] * v$c;
        #end
      }
      #end
    }
  }

  workgroupBarrier();
  ownTile[local.y * 8u + local.x] = total;
  workgroupBarrier();
  total = vec4f();
  #for x in 0..8
  total += ownTile[local.y * 8u + ${x}u];
  #end
  #for r in 0..4
  if (rows[$r] < params.tokens) {
    let to = place.y + rows[$r] * width4 + local.x;
    #for c in 0..4
    if (${c}u < columnTiles && ${8*c}u + local.x < headSize4) {
      writeY(to + ${8*c}u, sums$c[$r] / total[$r]);
    }
    #end
    if (params.saveLogSum != 0u && local.x == 0u) {
      logSum[place.logSum + rows[$r]] = largest[$r] + log(total[$r]);
    }
  }
  #end
}
