// The scores of the eight rows of a strip for one query. first: of the strip's vectors, (panel * dim) * 8 + strip
fn scoreStrip(query: u32, first: u32) -> Rows {
  var at = first;
  var scores = Rows();
  for (var k = query * params.dim4; k < (query + 1u) * params.dim4; k++) {
    scores = added(scores, scaled(queries[k]), at);
    at += 32u;
  }
  return scores;
}
