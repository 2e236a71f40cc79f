// The tiles in workgroup memory and their products, for conv2d.tiled.wgsl and conv2d.backward.weight.tiled.wgsl.
// A workgroup of 256 threads owns 128 x 128 sums where `wide` (8 x 8 to a thread: 16 reads of
// four values each from workgroup memory feed 256 multiply-adds), else 64 x 64 (4 x 4 to a thread), and walks the inner
// dimension, k, in steps of 16 (32).
//
// The tiles hold vectors of four rows (columns) for each k, as in matmul.tiled.wgsl. A subgroup of 32 covers 4 x 8
// threads, which read 4 and 8 neighbouring vectors: no bank conflicts. Threads that copy along k would all store to the
// same banks; `slotOf` gives each four of k other ones. 16 KiB and 256 threads are what every device has.
override wide: bool;

var<workgroup> tile: array<vec4f, 1024>; // left [k, rows / 4], then right [k, columns / 4]

// By fours, one for each row: near rows and columns; where wide, near rows and far columns; the same of the far rows.
#for m in 0..16
var<private> sum$m: vec4f;
#end

/** Vectors to one k of a tile. */
fn tileWidth() -> u32 {
  return select(16u, 32u, wide);
}

/** Groups of four k in one step. */
fn tileDepth() -> u32 {
  return select(8u, 4u, wide);
}

/**
 * Where the first of four k of four rows (or columns) lies in its tile; the others follow, each `tileWidth()` farther.
 */
fn slotOf(group: u32, k4: u32) -> u32 {
  return k4 * 4u * tileWidth() + (group ^ (k4 * select(1u, 2u, wide)));
}

/**
 * Which four columns (x) and which four rows (y) of a tile a thread owns; where wide, those half a tile farther too.
 */
fn ownedBy(thread: u32) -> vec2u {
  return vec2u(thread / 32u % 2u * 8u + thread % 8u, thread / 64u * 4u + thread / 8u % 4u);
}

fn addProducts(owned: vec2u) {
  for (var k4 = 0u; k4 < tileDepth(); k4++) {
    let leftSlot = slotOf(owned.y, k4);
    let rightSlot = 512u + slotOf(owned.x, k4);
#for u in 0..4
    {
      let left = tile[leftSlot + ${u}u * tileWidth()];
      let right = tile[rightSlot + ${u}u * tileWidth()];
#for r in 0..4
      sum$r += left[$r] * right;
#end
      if (wide) {
        let lower = tile[leftSlot + ${u}u * tileWidth() + 16u];
        let farther = tile[rightSlot + ${u}u * tileWidth() + 16u];
#for r in 0..4
        sum${4+r} += left[$r] * farther;
        sum${8+r} += lower[$r] * right;
        sum${12+r} += lower[$r] * farther;
#end
      }
    }
#end
  }
}

/** A number in digits, the last two below `bases`. */
fn digits(number: u32, bases: vec2u) -> vec3u {
  let high = number / bases.y;
  return vec3u(high / bases.x, high % bases.x, number % bases.y);
}

/** The sum of two numbers in digits: a step without divisions. */
fn sumOfDigits(a: vec3u, b: vec3u, bases: vec2u) -> vec3u {
  var sum = a + b;
  if (sum.z >= bases.y) {
    sum -= vec3u(0, 0, bases.y);
    sum.y++;
  }
  if (sum.y >= bases.x) {
    sum -= vec3u(0, bases.x, 0);
    sum.x++;
  }
  return sum;
}
