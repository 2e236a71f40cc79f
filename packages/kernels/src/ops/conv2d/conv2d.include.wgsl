// The interface of conv2d.wgsl, conv2d.subgroup.wgsl and conv2d.tiled.wgsl but for y, which each of them writes in its
// own way.
struct Params {
  pixels: u32, // batch * height * width of y
  height: u32,
  width: u32,
  columns: u32, // channels of y
  columns4: u32,
  xHeight: u32,
  xWidth: u32,
  channels4: u32, // channels of x / 4
  kernelHeight: u32,
  kernelWidth: u32,
  stride: i32,
  spread: i32,
  paddingRows: i32,
  paddingColumns: i32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> packed: array<vec4f>; // see conv2d.pack
@group(0) @binding(3) var<uniform> params: Params;

/** Where the pixel of x lies that a tap meets; -1 where it meets none. */
fn source(image: i32, origin: vec2i, tap: vec2i) -> i32 {
  var at = origin + tap;
  var inside = all(at >= vec2i());
  if (params.spread > 1) {
    inside = inside && all(at % params.spread == vec2i());
    at /= params.spread;
  }
  let size = vec2i(i32(params.xHeight), i32(params.xWidth));
  let index = ((image * size.x + at.x) * size.y + at.y) * i32(params.channels4);
  return select(-1, index, inside && all(at < size));
}
