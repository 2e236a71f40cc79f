// All gradients of attention for subgroups of eight lanes; attention.subgroup.wgsl says who owns what, and
// attention.backward.query.wgsl has the formulas. A subgroup owns a head, or 64 columns of a wider one. It walks the
// keys sixteen at a time, and all query rows for each sixteen, so that scores and their gradients are made once for dq,
// dk and dv. dk and dv of sixteen keys are kept in registers; dq grows in memory, in floats, where each lane reads and
// writes columns of its own. A head is work enough for a subgroup: a batch has more heads than a CPU has cores.
enable subgroups;

@group(0) @binding(0) var<storage, read> qkv: array<stored4>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read> dy: array<stored4>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read> logSum: array<f32>; // [batch, heads, tokens]
@group(0) @binding(3) var<storage, read> delta: array<f32>; // [batch, heads, tokens]
@group(0) @binding(4) var<storage, read_write> dq: array<vec4f>; // as dy, until the last keys are added to it
@group(0) @binding(5) var<storage, read_write> dqkv: array<stored4>; // as qkv
@group(0) @binding(6) var<uniform> params: Params;

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
  let place = placeOf(group.y * groups.x + group.x, params.tokens, (headSize4 + 15u) / 16u);
  if (!place.exists) {
    return;
  }
  let stride = 3u * width4;
  let last = params.tokens - 1u;
  let causal = params.causal != 0u;
  // Columns past the end of the head are computed from its last ones and not stored.
  let near = place.slice * 16u + lane;
  let far = near + 8u;
  let toNear = min(near, headSize4 - 1u);
  let toFar = min(far, headSize4 - 1u);

  for (var first = 0u; first < params.tokens; first += 16u) {
    #for h in 0..2
    let k$h = place.qkv + width4 + min(first + ${8*h}u + lane, last) * stride;
    #end
    let both = first + 8u < params.tokens; // else the block's upper half is past the end
    // Four keys at a time, the last ones first, always into the first four registers; see attention.subgroup.wgsl.
    #for c in 0..16
    var kNear$c = vec4f();
    var kFar$c = vec4f();
    #end
    for (var fours = min(16u, params.tokens - first + 3u) / 4u; fours > 0u; fours--) {
      #for c in 0..12
      kNear${15-c} = kNear${11-c};
      kFar${15-c} = kFar${11-c};
      #end
      #for c in 0..4
      let at$c = place.qkv + width4 + min(first + 4u * fours - ${4-c}u, last) * stride;
      kNear$c = readQkv(at$c + toNear);
      kFar$c = readQkv(at$c + toFar);
      #end
    }
    #for c in 0..16
    var dkNear$c = vec4f();
    var dkFar$c = vec4f();
    var dvNear$c = vec4f();
    var dvFar$c = vec4f();
    #end
    for (var row = select(0u, first, causal); row < params.tokens; row += 16u) {
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
        let firstRow = select(0u, first + $c, causal || first + $c >= params.tokens);
        let inside = (own < vec2u(params.tokens)) & (own >= vec2u(firstRow));
        p$c = select(vec2f(), exp(p$c * params.scale - rowLogSum), inside);
        ds$c = p$c * (ds$c - rowDelta) * params.scale;
      }
      #end
      // Three loops: one with all their loads takes longer, see attention.subgroup.wgsl.
      let pairs = min(8u, (params.tokens - row + 1u) / 2u);
      let isLast = select(first + 16u >= params.tokens, first == row, causal);
      for (var j = 0u; j < pairs; j++) {
        let evenRow = row + 2u * j;
        let oddRow = min(evenRow + 1u, last);
        let even = place.qkv + evenRow * stride;
        let odd = place.qkv + oddRow * stride;
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
        let evenRow = row + 2u * j;
        let oddRow = min(evenRow + 1u, last);
        let even = place.qkv + evenRow * stride;
        let odd = place.qkv + oddRow * stride;
        var dqEvenNear = vec4f();
        var dqOddNear = vec4f();
        var dqEvenFar = vec4f();
        var dqOddFar = vec4f();
        let evenDq = place.y + evenRow * width4;
        let oddDq = place.y + oddRow * width4;
        if (first > 0u) {
          dqEvenNear = dq[evenDq + toNear];
          dqOddNear = dq[oddDq + toNear];
          dqEvenFar = dq[evenDq + toFar];
          dqOddFar = dq[oddDq + toFar];
        }
        #for h in 0..2
        if ($h == 0 || both) {
          #for l in 0..8
          {
            let dsEven = subgroupShuffle(ds${8*h+l}.x, j);
            let dsOdd = subgroupShuffle(ds${8*h+l}.y, j);
            dqEvenNear += dsEven * kNear${8*h+l};
            dqOddNear += dsOdd * kNear${8*h+l};
            dqEvenFar += dsEven * kFar${8*h+l};
            dqOddFar += dsOdd * kFar${8*h+l};
          }
          #end
        }
        #end
        // The even row second: past the end the odd one is the same.
        if (near < headSize4) {
          if (isLast) {
            writeDqkv(odd + near, dqOddNear);
            writeDqkv(even + near, dqEvenNear);
          } else {
            dq[oddDq + near] = dqOddNear;
            dq[evenDq + near] = dqEvenNear;
          }
        }
        if (far < headSize4) {
          if (isLast) {
            writeDqkv(odd + far, dqOddFar);
            writeDqkv(even + far, dqEvenFar);
          } else {
            dq[oddDq + far] = dqOddFar;
            dq[evenDq + far] = dqEvenFar;
          }
        }
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

    // Four keys at a time; see attention.subgroup.wgsl.
    for (var key = first; key < min(first + 16u, params.tokens); key += 4u) {
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
}
