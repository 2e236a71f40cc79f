  if (column4 >= columns4) {
    return;
  }
  let start = group.z * params.rows * columns4 + column4;
  // Eight rows at a time, always from the first eight registers: 32 stores take longer to compile than all the rest.
  for (var r = 0u; r < select(2u, 4u, tall) && row + select(8u * r, r, transposeA) < params.rows; r++) {
#for l in 0..8
    store(start, row + select(8u * r + ${l}u, ${4*l}u + r, transposeA), c$l);
#end
#for m in 0..24
    c$m = c${m+8};
#end
  }
  if (params.activation == 0u && params.hasResidual == 0u && params.keepPreactivation == 0u) {
    return;
  }
  // Each lane takes up again what it has just stored: the code of the activation would take long to compile 32 times.
  let lastRow = min(row + select(16u, 32u, tall), params.rows);
  for (var i = row; i < lastRow; i++) {
    let at = start + i * columns4;
    var value = readY(at);
    if (params.keepPreactivation != 0u) {
      writePreactivation(at, value);
    }
    value = activate(params.activation, value);
    if (params.hasResidual != 0u) {
      value += residual[at];
    }
    writeY(at, value);
  }
