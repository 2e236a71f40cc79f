// attention.backward.query.wgsl for subgroups of eight lanes; see subgroup.include.wgsl for who owns what.
@group(0) @binding(3) var<storage, read> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(4) var<storage, read_write> delta: array<f32>; // [batch, heads, tokens]
@group(0) @binding(5) var<uniform> params: Params;

#include attention.include.wgsl

// One subgroup per workgroup.
@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let width4 = params.width4;
  let headSize4 = params.headSize4;
  let place = placeOf(group.y * groups.x + group.x, 16u, (headSize4 + 15u) / 16u);
  if (!place.exists) {
    return;
  }
  let stride = 3u * width4;
  let last = params.tokens - 1u;
  let both = place.first + 8u < params.tokens; // else the block's upper half is past the end
  let causal = params.causal != 0u;
  let keys = select(params.tokens, min(place.first + 16u, params.tokens), causal);
  // Columns past the end of the head are computed from its last ones and not stored.
  let near = place.slice * 16u + lane;
  let far = near + 8u;
  let kNear = place.qkv + width4 + min(near, headSize4 - 1u);
  let kFar = place.qkv + width4 + min(far, headSize4 - 1u);

  #for h in 0..2
  let row$h = min(place.first + ${8*h}u + lane, last);
  let q$h = place.qkv + row$h * stride;
  let g$h = place.y + row$h * width4;
  let rowLogSum$h = logSum[place.logSum + row$h];
  var rowDelta$h = 0.0;
  for (var d = 0u; d < headSize4; d++) {
    rowDelta$h += dot(readY(g$h + d), readDy(g$h + d));
  }
  if (place.slice == 0u) {
    delta[place.logSum + row$h] = rowDelta$h;
  }
  #end
  #for r in 0..16
  var near$r = vec4f();
  var far$r = vec4f();
  #end
  for (var key = 0u; key < keys; key += 16u) {
    let own = vec2u(key + 2u * lane) + vec2u(0u, 1u);
    #for i in 0..2
    let at$i = place.qkv + width4 + min(own[$i], last) * stride;
    #end
    #for r in 0..16
    var ds$r = vec2f(); // the scores, then their gradients
    var dp$r = vec2f();
    #end
    for (var d = 0u; d < headSize4; d++) {
      let kEven = readQkv(at0 + d);
      let kOdd = readQkv(at1 + d);
      let vEven = readQkv(at0 + width4 + d);
      let vOdd = readQkv(at1 + width4 + d);
      #for c in 0..4
      let k$c = vec2f(kEven[$c], kOdd[$c]);
      let v$c = vec2f(vEven[$c], vOdd[$c]);
      #end
      #for h in 0..2
      if ($h == 0 || both) {
        let rows = readQkv(q$h + d);
        let gradients = readDy(g$h + d);
        #for l in 0..8
        ds${8*h+l} += subgroupShuffle(rows.x, ${l}u) * k0 + subgroupShuffle(rows.y, ${l}u) * k1
          + subgroupShuffle(rows.z, ${l}u) * k2 + subgroupShuffle(rows.w, ${l}u) * k3;
        dp${8*h+l} += subgroupShuffle(gradients.x, ${l}u) * v0 + subgroupShuffle(gradients.y, ${l}u) * v1
          + subgroupShuffle(gradients.z, ${l}u) * v2 + subgroupShuffle(gradients.w, ${l}u) * v3;
        #end
      }
      #end
    }
    #for h in 0..2
    #for l in 0..8
    {
      let limit = select(params.tokens, min(place.first + ${8*h+l+1}u, params.tokens), causal);
      let score = ds${8*h+l} * params.scale - subgroupShuffle(rowLogSum$h, ${l}u);
      let p = select(vec2f(), exp(score), own < vec2u(limit));
      ds${8*h+l} = p * (dp${8*h+l} - subgroupShuffle(rowDelta$h, ${l}u)) * params.scale;
    }
    #end
    #end
    let pairs = min(8u, (keys - key + 1u) / 2u);
    for (var j = 0u; j < pairs; j++) {
      let even = (key + 2u * j) * stride;
      let odd = min(key + 2u * j + 1u, last) * stride;
      let evenNear = readQkv(kNear + even);
      let oddNear = readQkv(kNear + odd);
      let evenFar = readQkv(kFar + even);
      let oddFar = readQkv(kFar + odd);
      #for h in 0..2
      if ($h == 0 || both) {
        #for l in 0..8
        {
          let dsEven = subgroupShuffle(ds${8*h+l}.x, j);
          let dsOdd = subgroupShuffle(ds${8*h+l}.y, j);
          near${8*h+l} += dsEven * evenNear + dsOdd * oddNear;
          far${8*h+l} += dsEven * evenFar + dsOdd * oddFar;
        }
        #end
      }
      #end
    }
  }

  // Four rows at a time; see subgroup.include.wgsl.
  for (var row = place.first; row < min(place.first + 16u, params.tokens); row += 4u) {
    #for r in 0..4
    if (row + ${r}u < params.tokens) {
      let to = place.qkv + (row + ${r}u) * stride;
      if (near < headSize4) {
        writeDqkv(to + near, near$r);
      }
      if (far < headSize4) {
        writeDqkv(to + far, far$r);
      }
    }
    #end
    #for r in 0..12
    near$r = near${r+4};
    far$r = far${r+4};
    #end
  }
}
