// y = x / (1 - p) where a random number is at least p, else 0. The random numbers are a function of seed, stream and
// position alone: Philox4x32-10 (Salmon et al. 2011, Parallel Random Numbers: As Easy as 1, 2, 3), which passes
// BigCrush. Its key is the seed, its counter (position / 4, stream, 0, 0), and the four numbers it gives serve the four
// values of one thread. So forward and backward draw the same mask without storing it, and no thread waits for another.
struct Params {
  count4: u32,
  stream: u32,
  threshold: u32, // p * 2^32
  scale: f32, // 1 / (1 - p)
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> seed: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

const workgroup = 256u;
const rounds = 10u;
const multiplier = vec2u(0xD2511F53u, 0xCD9E8D57u);
const weyl = vec2u(0x9E3779B9u, 0xBB67AE85u);

// The high 32 bits of the products a * b, from their 16-bit halves.
fn multiplyHigh(a: vec2u, b: vec2u) -> vec2u {
  let half = vec2u(16u);
  let lowA = a & vec2u(0xffffu);
  let lowB = b & vec2u(0xffffu);
  let highA = a >> half;
  let highB = b >> half;
  let middle = highA * lowB + ((lowA * lowB) >> half);
  let other = lowA * highB + (middle & vec2u(0xffffu));
  return highA * highB + (middle >> half) + (other >> half);
}

fn philox(start: vec4u, firstKey: vec2u) -> vec4u {
  var counter = start;
  var key = firstKey;
  for (var round = 0u; round < rounds; round++) {
    let factors = counter.xz;
    let high = multiplyHigh(multiplier, factors);
    let low = multiplier * factors;
    counter = vec4u(high.y ^ counter.y ^ key.x, low.y, high.x ^ counter.w ^ key.y, low.x);
    key += weyl;
  }
  return counter;
}

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroup + local;
  if (i >= params.count4) {
    return;
  }
  let random = philox(vec4u(i, params.stream, 0u, 0u), vec2u(seed[0], seed[1]));
  y[i] = select(vec4f(), x[i] * params.scale, random >= vec4u(params.threshold));
}
