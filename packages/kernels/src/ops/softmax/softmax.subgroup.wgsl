// softmax.wgsl for subgroups of eight lanes: rows of at most 93 columns, as rows.include.wgsl walks them.
enable subgroups;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

#include lanes.include.wgsl
#include rows.include.wgsl

const outside = -3.4e38;

// at: this lane's first vec4; column: where its values are in the row
fn rowOf(at: u32, column: vec4u, lane: u32) -> Row {
#for i in 0..3
  var part$i = select(vec4f(outside), x[at + ${8*i}], column + ${32*i} < vec4u(params.columns));
#end
  let most = max(max(part0, part1), part2);
  let largest = maximumOfLanes(max(max(most.x, most.y), max(most.z, most.w)), lane);
  var total = vec4f();
#for i in 0..3
  part$i = exp(part$i - largest);
  total += part$i;
#end
  let scale = 1.0 / sumOfLanes(dot(total, vec4f(1.0)), lane);
  return Row(part0 * scale, part1 * scale, part2 * scale);
}
