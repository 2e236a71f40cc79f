// attention.backward.query.wgsl through workgroup memory, for GPUs. tiles.include.wgsl says who owns what;
// here own tokens are query rows, the others keys.
@group(0) @binding(0) var<storage, read> qkv: array<stored4>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read> y: array<stored4>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read> dy: array<stored4>;
@group(0) @binding(3) var<storage, read> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(4) var<storage, read_write> delta: array<f32>; // [batch, heads, tokens]
@group(0) @binding(5) var<storage, read_write> dqkv: array<stored4>; // only the columns of q are written here
@group(0) @binding(6) var<uniform> params: Params;

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

  // Eight threads add up the delta of four rows.
  var part = vec4f();
  var rowLogSum: vec4f;
  #for r in 0..4
  let row$r = min(rows[$r], last);
  rowLogSum[$r] = logSum[place.logSum + row$r];
  for (var d = local.x; d < headSize4; d += 8u) {
    part[$r] += dot(readY(place.y + row$r * width4 + d), readDy(place.y + row$r * width4 + d));
  }
  #end
  ownTile[local.y * 8u + local.x] = part;
  workgroupBarrier();
  var rowDelta = vec4f();
  #for x in 0..8
  rowDelta += ownTile[local.y * 8u + ${x}u];
  #end
  if (local.x == 0u) {
    #for r in 0..4
    delta[place.logSum + row$r] = rowDelta[$r];
    #end
  }

  #for c in 0..4
  var sums$c = mat4x4f(); // a column to a row of dq
  #end
  for (var key = 0u; key < keys; key += size) {
    // First scores, of q and k, then dp, of dy and v.
    var scores: mat4x4f;
    var dp: mat4x4f;
    for (var product = 0u; product < 2u; product++) {
      var sums = mat4x4f();
      for (var column = 0u; column < headSize4; column += 8u) {
        let inside = column + copied < headSize4;
        let d = min(column + copied, headSize4 - 1u);
        let kOrV = place.qkv + (product + 1u) * width4 + d;
        workgroupBarrier();
        for (var at = token; at < size; at += 8u) {
          var own: vec4f;
          let row = min(place.first + at, last);
          if (product == 0u) {
            own = readQkv(place.qkv + row * stride + d);
          } else {
            own = readDy(place.y + row * width4 + d);
          }
          let other = readQkv(kOrV + min(key + at, last) * stride);
          ownTile[slot(copied, at)] = select(vec4f(), own, inside);
          otherTile[slot(copied, at)] = select(vec4f(), other, inside);
        }
        workgroupBarrier();
        sums += dotProducts(local.x, local.y);
      }
      if (product == 0u) {
        scores = sums;
      } else {
        dp = sums;
      }
    }

    workgroupBarrier();
    #for j in 0..4
    let inside$j = vec4u(key + local.x + ${8*j}u) < limits;
    let p$j = select(vec4f(), exp(scores[$j] * params.scale - rowLogSum), inside$j);
    otherTile[scoreSlot(local.x + ${8*j}u, local.y)] = p$j * (dp[$j] - rowDelta) * params.scale;
    #end
    workgroupBarrier();

    let count = min(size, keys - key);
    for (var j = 0u; j < count; j++) {
      let ds = otherTile[scoreSlot(j, local.y)];
      let k = place.qkv + (key + j) * stride + width4;
      #for c in 0..4
      if (${c}u < columnTiles) {
        let k$c = readQkv(k + min(${8*c}u + local.x, headSize4 - 1u));
        #for r in 0..4
        sums$c[$r] += ds[$r] * k$c;
        #end
      }
      #end
    }
  }

  #for r in 0..4
  if (rows[$r] < params.tokens) {
    let to = place.qkv + rows[$r] * stride + local.x;
    #for c in 0..4
    if (${c}u < columnTiles && ${8*c}u + local.x < headSize4) {
      writeDqkv(to + ${8*c}u, sums$c[$r]);
    }
    #end
  }
  #end
}
