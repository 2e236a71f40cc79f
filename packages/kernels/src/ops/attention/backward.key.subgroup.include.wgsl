// attention.backward.key.wgsl for subgroups of eight lanes; see subgroup.include.wgsl for who owns what. Here
// eight lanes own sixteen keys, and lane l holds rows 2l and 2l+1 of a tile of query rows.
@group(0) @binding(3) var<storage, read> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(4) var<storage, read> delta: array<f32>; // [batch, heads, tokens]
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
  // Columns past the end of the head are computed from its last ones and not stored.
  let near = place.slice * 16u + lane;
  let far = near + 8u;
  let toNear = min(near, headSize4 - 1u);
  let toFar = min(far, headSize4 - 1u);

  #for h in 0..2
  let k$h = place.qkv + width4 + min(place.first + ${8*h}u + lane, last) * stride;
  #end
  #for c in 0..16
  var dkNear$c = vec4f();
  var dkFar$c = vec4f();
  var dvNear$c = vec4f();
  var dvFar$c = vec4f();
  #end
  for (var row = select(0u, place.first, causal); row < params.tokens; row += 16u) {
    let own = vec2u(row + 2u * lane) + vec2u(0u, 1u);
    #for i in 0..2
    let row$i = min(own[$i], last);
    let qAt$i = place.qkv + row$i * stride;
    let gAt$i = place.y + row$i * width4;
    #end
    let rowLogSum = vec2f(logSum[place.logSum + row0], logSum[place.logSum + row1]);
    let rowDelta = vec2f(delta[place.logSum + row0], delta[place.logSum + row1]);
    #for c in 0..16
    var p$c = vec2f();
    var ds$c = vec2f();
    #end
    for (var d = 0u; d < headSize4; d++) {
      let qEven = readQkv(qAt0 + d);
      let qOdd = readQkv(qAt1 + d);
      let gEven = readDy(gAt0 + d);
      let gOdd = readDy(gAt1 + d);
      #for c in 0..4
      let q$c = vec2f(qEven[$c], qOdd[$c]);
      let g$c = vec2f(gEven[$c], gOdd[$c]);
      #end
      #for h in 0..2
      if ($h == 0 || both) {
        let keys = readQkv(k$h + d);
        let values = readQkv(k$h + width4 + d);
        #for l in 0..8
        p${8*h+l} += subgroupShuffle(keys.x, ${l}u) * q0 + subgroupShuffle(keys.y, ${l}u) * q1
          + subgroupShuffle(keys.z, ${l}u) * q2 + subgroupShuffle(keys.w, ${l}u) * q3;
        ds${8*h+l} += subgroupShuffle(values.x, ${l}u) * g0 + subgroupShuffle(values.y, ${l}u) * g1
          + subgroupShuffle(values.z, ${l}u) * g2 + subgroupShuffle(values.w, ${l}u) * g3;
        #end
      }
      #end
    }
    #for c in 0..16
    {
      let firstRow = select(0u, place.first + $c, causal);
      let inside = (own < vec2u(params.tokens)) & (own >= vec2u(firstRow));
      p$c = select(vec2f(), exp(p$c * params.scale - rowLogSum), inside);
      ds$c = p$c * (ds$c - rowDelta) * params.scale;
    }
    #end
    // One loop for dk and one for dv: both in one have more loads than is good, see subgroup.include.wgsl.
    let pairs = min(8u, (params.tokens - row + 1u) / 2u);
    for (var j = 0u; j < pairs; j++) {
      let even = place.qkv + (row + 2u * j) * stride;
      let odd = place.qkv + min(row + 2u * j + 1u, last) * stride;
      let evenNear = readQkv(even + toNear);
      let oddNear = readQkv(odd + toNear);
      let evenFar = readQkv(even + toFar);
      let oddFar = readQkv(odd + toFar);
      #for h in 0..2
      if ($h == 0 || both) {
        #for l in 0..8
        {
          let dsEven = subgroupShuffle(ds${8*h+l}.x, j);
          let dsOdd = subgroupShuffle(ds${8*h+l}.y, j);
          dkNear${8*h+l} += dsEven * evenNear + dsOdd * oddNear;
          dkFar${8*h+l} += dsEven * evenFar + dsOdd * oddFar;
        }
        #end
      }
      #end
    }
    for (var j = 0u; j < pairs; j++) {
      let even = place.y + (row + 2u * j) * width4;
      let odd = place.y + min(row + 2u * j + 1u, last) * width4;
      let evenNear = readDy(even + toNear);
      let oddNear = readDy(odd + toNear);
      let evenFar = readDy(even + toFar);
      let oddFar = readDy(odd + toFar);
      #for h in 0..2
      if ($h == 0 || both) {
        #for l in 0..8
        {
          let pEven = subgroupShuffle(p${8*h+l}.x, j);
          let pOdd = subgroupShuffle(p${8*h+l}.y, j);
          dvNear${8*h+l} += pEven * evenNear + pOdd * oddNear;
          dvFar${8*h+l} += pEven * evenFar + pOdd * oddFar;
        }
        #end
      }
      #end
    }
  }

  // Four keys at a time; see subgroup.include.wgsl.
  for (var key = place.first; key < min(place.first + 16u, params.tokens); key += 4u) {
    #for c in 0..4
    if (key + ${c}u < params.tokens) {
      let to = place.qkv + width4 + (key + ${c}u) * stride;
      if (near < headSize4) {
        writeDqkv(to + near, dkNear$c);
        writeDqkv(to + width4 + near, dvNear$c);
      }
      if (far < headSize4) {
        writeDqkv(to + far, dkFar$c);
        writeDqkv(to + width4 + far, dvFar$c);
      }
    }
    #end
    #for c in 0..12
    dkNear$c = dkNear${c+4};
    dkFar$c = dkFar${c+4};
    dvNear$c = dvNear${c+4};
    dvFar$c = dvFar${c+4};
    #end
  }
}
