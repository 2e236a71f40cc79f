// Brings together what neighbouring threads found in a row: all of them get the result. fan * fan threads share a row and a
// workgroup of 64 has several where fan is less than 8. `combine` of a kernel adds two parts up.
//
// Two levels, each of `fan` parts in a fixed order, so that the result does not depend on how threads run: a barrier less
// for each halving that a binary tree would have more. Every thread of the workgroup must come here, and only once.
var<workgroup> parts: array<vec2f, 64>;

fn reduce(own: vec2f, thread: u32, fan: u32) -> vec2f {
  let lane = thread % (fan * fan);
  let first = thread - lane;
  parts[thread] = own;
  workgroupBarrier();
  // Nobody else reads the part that such a thread replaces.
  if (lane < fan) {
    var sum = parts[thread];
    for (var i = 1u; i < fan; i++) {
      sum = combine(sum, parts[thread + i * fan]);
    }
    parts[thread] = sum;
  }
  workgroupBarrier();
  var total = parts[first];
  for (var i = 1u; i < fan; i++) {
    total = combine(total, parts[first + i]);
  }
  return total;
}
