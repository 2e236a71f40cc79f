// softmax.backward.wgsl for subgroups of eight lanes: rows of at most 93 columns, as rows.include.wgsl walks them.
enable subgroups;

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

#include lanes.include.wgsl
#include rows.include.wgsl

// at: this lane's first vec4; column: where its values are in the row
fn rowOf(at: u32, column: vec4u, lane: u32) -> Row {
  var products = vec4f();
#for i in 0..3
  let y$i = y[at + ${8*i}];
  let dy$i = dy[at + ${8*i}];
  products += select(vec4f(), y$i * dy$i, column + ${32*i} < vec4u(params.columns));
#end
  let product = sumOfLanes(dot(products, vec4f(1.0)), lane);
  return Row(y0 * (dy0 - product), y1 * (dy1 - product), y2 * (dy2 - product));
}
