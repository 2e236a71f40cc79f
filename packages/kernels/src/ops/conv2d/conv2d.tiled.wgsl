// The product of conv2d.wgsl through workgroup memory, for GPUs: each value of x and of the weight is read once by a
// workgroup for 64 or 128 sums. It should win wherever y has enough channels to fill half a tile.
//
// The inner dimension runs over taps and, within them, channels of x; a step may begin and end within a tap. Half of
// the threads copy four pixels x four channels of x each, neighbours along the channels, and half four rows x four
// columns of the packed weight. The loads for the next step are issued before the products of this one, which hides
// their latency. Grid: tiles of channels times tiles of pixels, folded by linearGrid; z: phases.
#include conv2d.include.wgsl
#include conv2d.tile.include.wgsl

@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

// The pixels of y whose row and column leave the same remainders by `spread`. They all meet the same taps, every
// `spread`-th, and none of the zeros between the pixels of x. Without a spread there is one phase, of all pixels and
// all taps.
struct Phase {
  remainders: vec2u,
  size: vec2u, // its rows and columns
  pixels: u32,
  firstTap: vec2u,
  taps: vec2u,
}

fn phaseOf(index: u32) -> Phase {
  let spread = u32(params.spread);
  let remainders = vec2u(index / spread, index % spread);
  let size = (vec2u(params.height, params.width) + spread - 1u - remainders) / spread;
  let images = params.pixels / (params.height * params.width);
  let padding = vec2i(params.paddingRows, params.paddingColumns);
  let first = vec2u((padding - vec2i(remainders)) % params.spread + params.spread);
  let firstTap = first % spread;
  let taps = (vec2u(params.kernelHeight, params.kernelWidth) + spread - 1u - firstTap) / spread;
  return Phase(remainders, size, images * size.x * size.y, firstTap, taps);
}

/** Image, row and column of a phase's pixel. */
fn placeOf(phase: Phase, pixel: u32) -> vec3u {
  let place = digits(pixel, phase.size);
  return vec3u(place.x, place.yz * u32(params.spread) + phase.remainders);
}

fn store(phase: Phase, pixel: u32, column4: u32, value: vec4f) {
  if (pixel >= phase.pixels || column4 >= params.columns4) {
    return;
  }
  let place = placeOf(phase, pixel);
  y[((place.x * params.height + place.y) * params.width + place.z) * params.columns4 + column4] = value;
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let width = tileWidth();
  let depth = tileDepth();
  let across = (params.columns4 + width - 1u) / width;
  let index = group.y * groups.x + group.x;
  let phase = phaseOf(group.z);
  let firstPixel = index / across * width * 4u;
  let firstColumn4 = index % across * width;
  if (firstPixel >= phase.pixels) {
    return;
  }

  // x: which four pixels or channels of y this thread copies, y: which four of k.
  let copiesPixels = thread < 128u;
  let block = thread % 128u;
  let copied = select(vec2u(block % width, block / width), vec2u(block / depth, block % depth), copiesPixels);
  let slot = select(512u, 0u, copiesPixels) + slotOf(copied.x, copied.y);
  let column4 = min(firstColumn4 + copied.x, params.columns4 - 1u);
  let padding = vec2i(params.paddingRows, params.paddingColumns);
#for u in 0..4
  let pixel$u = placeOf(phase, min(firstPixel + copied.x * 4u + ${u}u, phase.pixels - 1u));
  let image$u = i32(pixel$u.x);
  let origin$u = vec2i(pixel$u.yz) * params.stride - padding;
#end

  let owned = ownedBy(thread);
  let inner4 = phase.taps.x * phase.taps.y * params.channels4;
  let bases = vec2u(phase.taps.y, params.channels4);
  let step = digits(depth, bases);
  var at = digits(copied.y, bases); // row and column of a tap of the phase, channels of x / 4
  for (var k4 = 0u; k4 < inner4 + depth; k4 += depth) {
    var vectors: mat4x4f;
    var met = vec4<bool>();
    if (k4 + copied.y < inner4) {
      let tap = phase.firstTap + at.xy * u32(params.spread);
      if (copiesPixels) {
#for u in 0..4
        let source$u = source(image$u, origin$u, vec2i(tap));
        vectors[$u] = x[u32(max(source$u, 0)) + at.z];
        met[$u] = source$u >= 0;
#end
      } else {
        let row = ((tap.x * params.kernelWidth + tap.y) * params.channels4 + at.z) * 4u;
#for u in 0..4
        vectors[$u] = packed[(row + ${u}u) * params.columns4 + column4];
#end
        met = vec4<bool>(true);
      }
    }
    if (k4 > 0u) {
      addProducts(owned);
    }
    workgroupBarrier();
#for u in 0..4
    vectors[$u] = select(vec4f(), vectors[$u], met[$u]);
#end
    if (copiesPixels) {
      vectors = transpose(vectors);
    }
#for u in 0..4
    tile[slot + ${u}u * width] = vectors[$u];
#end
    workgroupBarrier();
    at = sumOfDigits(at, step, bases);
  }

  let pixel = firstPixel + owned.y * 4u;
  let ownedColumn4 = firstColumn4 + owned.x;
#for r in 0..4
  store(phase, pixel + ${r}u, ownedColumn4, sum$r);
#end
  if (wide) {
#for r in 0..4
    store(phase, pixel + ${r}u, ownedColumn4 + 16u, sum${4+r});
    store(phase, pixel + ${64+r}u, ownedColumn4, sum${8+r});
    store(phase, pixel + ${64+r}u, ownedColumn4 + 16u, sum${12+r});
#end
  }
}
