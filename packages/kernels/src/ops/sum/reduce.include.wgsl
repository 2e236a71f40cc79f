// Combines what neighbouring threads found in a row, and returns it to all of them. fan * fan threads share a row (fan
// is 2, 4 or 8); where these are fewer than 64, a workgroup has several rows. The kernel says what a `Part` is, and
// `combine`s two.
//
// A tree of two levels with `fan` branches at each node has fewer barriers than one with two branches. The order is
// fixed, so that the result does not depend on how threads run. Every thread of the workgroup must call this, once.
var<workgroup> parts: array<Part, 64>;

fn reduce(own: Part, thread: u32, fan: u32) -> Part {
  let lane = thread % (fan * fan);
  let first = thread - lane;
  parts[thread] = own;
  workgroupBarrier();
  // No other thread reads the part that such a thread replaces.
  if (lane < fan) {
    var branch = parts[thread];
    for (var i = 1u; i < fan; i++) {
      branch = combine(branch, parts[thread + i * fan]);
    }
    parts[thread] = branch;
  }
  workgroupBarrier();
  var total = parts[first];
  for (var i = 1u; i < fan; i++) {
    total = combine(total, parts[first + i]);
  }
  return total;
}
