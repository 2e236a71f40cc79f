// The scores of the eight rows of a strip for one query. first: of the strip's vectors, (panel * dim) * 8 + strip
fn scoreStrip(query: u32, first: u32) -> Rows {
  var at = first;
  var low = vec4f();
  var high = vec4f();
  for (var k = query * params.dim4; k < (query + 1u) * params.dim4; k++) {
    let value = scaled(queries[k]);
#for d in 0..4
    let rows$d = loadRows(at + ${8*d}u);
    low = fma(vec4f(value[$d]), rows$d.low, low);
    high = fma(vec4f(value[$d]), rows$d.high, high);
#end
    at += 32u;
  }
  return Rows(low, high);
}
