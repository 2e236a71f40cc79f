// y = f(sums + bias) + residual for four columns of one row, unless they lie past the edge.
fn store(z: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= params.rows || column >= params.columns) {
    return;
  }
  let at = (z * params.rows + row) * (params.columns / 4u) + column / 4u;
  var value = sums;
  if (params.hasBias != 0u) {
    value += bias[column / 4u];
  }
  if (params.keepPreactivation != 0u) {
    writePreactivation(at, value);
  }
  value = activate(params.activation, value);
  if (params.hasResidual != 0u) {
    value += residual[at];
  }
  writeY(at, value);
}
