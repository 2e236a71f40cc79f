// attention.backward.key.wgsl through workgroup memory, for GPUs. tiles.include.wgsl says who owns what;
// here own tokens are keys, the others query rows, and tiles of rows that see none of the keys are skipped.
@group(0) @binding(0) var<storage, read> qkv: array<stored4>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read> dy: array<stored4>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(3) var<storage, read> delta: array<f32>; // [batch, heads, tokens]
@group(0) @binding(4) var<storage, read_write> dqkv: array<stored4>; // only the columns of k and v are written here
@group(0) @binding(5) var<uniform> params: Params;

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
  let keys = vec4u(place.first + local.y) + vec4u(0u, 8u, 16u, 24u);
  let firstRows = select(vec4u(), keys, vec4<bool>(causal));

  #for c in 0..4
  var dk$c = mat4x4f(); // a column to a key
  var dv$c = mat4x4f();
  #end
  for (var row = select(0u, place.first, causal); row < params.tokens; row += size) {
    // First scores, of k and q, then dp, of v and dy.
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
          var other: vec4f;
          let row = min(row + at, last);
          if (product == 0u) {
            other = readQkv(place.qkv + row * stride + d);
          } else {
            other = readDy(place.y + row * width4 + d);
          }
          let own = readQkv(kOrV + min(place.first + at, last) * stride);
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
    let row$j = row + local.x + ${8*j}u;
    let at$j = place.logSum + min(row$j, last);
    let inside$j = (vec4u(row$j) >= firstRows) & vec4<bool>(row$j < params.tokens);
    let p$j = select(vec4f(), exp(scores[$j] * params.scale - logSum[at$j]), inside$j);
    ownTile[scoreSlot(local.x + ${8*j}u, local.y)] = p$j;
    otherTile[scoreSlot(local.x + ${8*j}u, local.y)] = p$j * (dp[$j] - delta[at$j]) * params.scale;
    #end
    workgroupBarrier();

    let count = min(size, params.tokens - row);
    for (var j = 0u; j < count; j++) {
      let p = ownTile[scoreSlot(j, local.y)];
      let ds = otherTile[scoreSlot(j, local.y)];
      let q = place.qkv + (row + j) * stride;
      let g = place.y + (row + j) * width4;
      #for c in 0..4
      if (${c}u < columnTiles) {
        let q$c = readQkv(q + min(${8*c}u + local.x, headSize4 - 1u));
        let g$c = readDy(g + min(${8*c}u + local.x, headSize4 - 1u));
        #for r in 0..4
        dk$c[$r] += ds[$r] * q$c;
        dv$c[$r] += p[$r] * g$c;
        #end
      }
      #end
    }
  }

  #for r in 0..4
  if (keys[$r] < params.tokens) {
    let to = place.qkv + keys[$r] * stride + width4 + local.x;
    #for c in 0..4
    if (${c}u < columnTiles && ${8*c}u + local.x < headSize4) {
      writeDqkv(to + ${8*c}u, dk$c[$r]);
      writeDqkv(to + width4 + ${8*c}u, dv$c[$r]);
    }
    #end
  }
  #end
}
