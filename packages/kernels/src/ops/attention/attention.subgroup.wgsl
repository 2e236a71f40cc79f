// attention.wgsl for subgroups of eight lanes (lavapipe), where a load costs as much as fifty additions and a shuffle
// from one lane next to nothing. Eight lanes own sixteen query rows of one head and 64 of its columns, which is the
// whole head in OpenAI's CLIPs. A wider head takes several subgroups, each of which computes all scores.
//
// Scores: lane l holds keys 2l and 2l+1 of a tile of sixteen and rows l and 8+l, and gets the other rows by shuffle. y:
// lane l holds columns 4l to 4l+3 and 32+4l to 35+4l of all rows in registers, and gets the probabilities by shuffle.
// Eight rows, or 8, 24 or 32 keys a tile, take longer: fewer rows or keys share a load, or a loop has more loads than
// the processor's cache of decoded instructions holds.
enable subgroups;

@group(0) @binding(0) var<storage, read> qkv: array<stored4>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read_write> y: array<stored4>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read_write> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(3) var<uniform> params: Params;

const masked = -1e30;

#include attention.include.wgsl
#include ../softmax/lanes.include.wgsl

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
  let vNear = place.qkv + 2u * width4 + min(near, headSize4 - 1u);
  let vFar = place.qkv + 2u * width4 + min(far, headSize4 - 1u);

  #for h in 0..2
  let q$h = place.qkv + min(place.first + ${8*h}u + lane, last) * stride;
  #end
  #for r in 0..16
  var near$r = vec4f();
  var far$r = vec4f();
  var largest$r = masked;
  var total$r = vec2f(); // of this lane's keys
  #end
  for (var key = 0u; key < keys; key += 16u) {
    let own = vec2u(key + 2u * lane) + vec2u(0u, 1u);
    #for i in 0..2
    let at$i = place.qkv + width4 + min(own[$i], last) * stride;
    #end
    #for r in 0..16
    var p$r = vec2f();
    #end
    for (var d = 0u; d < headSize4; d++) {
      let even = readQkv(at0 + d);
      let odd = readQkv(at1 + d);
      #for c in 0..4
      let k$c = vec2f(even[$c], odd[$c]);
      #end
      #for h in 0..2
      if ($h == 0 || both) {
        let rows = readQkv(q$h + d);
        #for l in 0..8
        p${8*h+l} += subgroupShuffle(rows.x, ${l}u) * k0 + subgroupShuffle(rows.y, ${l}u) * k1
          + subgroupShuffle(rows.z, ${l}u) * k2 + subgroupShuffle(rows.w, ${l}u) * k3;
        #end
      }
      #end
    }
    #for r in 0..16
    {
      let limit = select(params.tokens, min(place.first + ${r+1}u, params.tokens), causal);
      let score = select(vec2f(masked), p$r * params.scale, own < vec2u(limit));
      let next = max(largest$r, maximumOfLanes(max(score.x, score.y), lane));
      let fade = exp(largest$r - next);
      largest$r = next;
      p$r = exp(score - next);
      total$r = total$r * fade + p$r;
      near$r *= fade;
      far$r *= fade;
    }
    #end
    let pairs = min(8u, (keys - key + 1u) / 2u);
    for (var j = 0u; j < pairs; j++) {
      let even = (key + 2u * j) * stride;
      let odd = min(key + 2u * j + 1u, last) * stride;
      let evenNear = readQkv(vNear + even);
      let oddNear = readQkv(vNear + odd);
      let evenFar = readQkv(vFar + even);
      let oddFar = readQkv(vFar + odd);
      #for h in 0..2
      if ($h == 0 || both) {
        #for l in 0..8
        {
          let pEven = subgroupShuffle(p${8*h+l}.x, j);
          let pOdd = subgroupShuffle(p${8*h+l}.y, j);
          near${8*h+l} += pEven * evenNear + pOdd * oddNear;
          far${8*h+l} += pEven * evenFar + pOdd * oddFar;
        }
        #end
      }
      #end
    }
  }

  let saves = params.saveLogSum != 0u && place.slice == 0u && lane == 0u;
  // Four rows at a time, always from the first four registers: sixteen stores take longer to compile than all the rest.
  for (var row = place.first; row < min(place.first + 16u, params.tokens); row += 4u) {
    #for r in 0..4
    if (row + ${r}u < params.tokens) {
      let sum = sumOfLanes(total$r.x + total$r.y, lane);
      let to = place.y + (row + ${r}u) * width4;
      if (near < headSize4) {
        writeY(to + near, near$r / sum);
      }
      if (far < headSize4) {
        writeY(to + far, far$r / sum);
      }
      if (saves) {
        logSum[place.logSum + row + ${r}u] = largest$r + log(sum);
      }
    }
    #end
    #for r in 0..12
    near$r = near${r+4};
    far$r = far${r+4};
    total$r = total${r+4};
    largest$r = largest${r+4};
    #end
  }
}
