// losses[row] = log(sum(exp(row))) - row[label], from the largest logit and the sum of exp(logit - largest).
//
// The log-sum-exp is kept as two numbers, the maximum and the rest: with large logits their sum would lose the digits
// that the loss and the softmax of the backward pass need.
fn storeLoss(row: u32, total: vec2f) {
  let rest = log(total.y);
  logSumExp[row] = vec2f(total.x, rest);

  let label = labels[row];
  // A label that is no class would read another row: its loss is NaN instead, which nobody overlooks.
  let invalid = bitcast<f32>(0x7fc00000u | label);
  let correct = logits[row * params.classes + min(label, params.classes - 1u)];
  losses[row] = select(invalid, total.x - correct + rest, label < params.classes);
}
