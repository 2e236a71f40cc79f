// Sums of exponentials of a row, for reduce.include.wgsl to combine.
const lowest = -0x1.fffffep+127f;

alias Part = vec2f; // the largest value, and the sum of exp(value - largest)

fn combine(a: Part, b: Part) -> Part {
  let largest = max(a.x, b.x);
  return Part(largest, a.y * exp(a.x - largest) + b.y * exp(b.x - largest));
}
