// The interface of the conv2d.backward.weight kernels, and how they store a vector of sums.
struct Params {
  pixels: u32, // batch * height * width of dy
  height: u32,
  width: u32,
  outputs: u32, // channels of dy
  outputs4: u32,
  xHeight: u32,
  xWidth: u32,
  channels: u32,
  channels4: u32, // channels of x / 4
  kernelHeight: u32,
  kernelWidth: u32,
  stride: i32,
  padding: i32,
  pixelsPerSlice: u32,
  slices: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

/** The pixel of x that a tap meets from a pixel of y; -1 where it meets none. */
fn source(image: i32, at: vec2i) -> i32 {
  let size = vec2i(i32(params.xHeight), i32(params.xWidth));
  return select(-1, (image * size.x + at.x) * size.y + at.y, all(at >= vec2i()) && all(at < size));
}

fn store(slice: u32, output: u32, channel: u32, tap: u32, value: vec4f) {
  if (output >= params.outputs) {
    return;
  }
  let at = ((slice * params.outputs + output) * params.channels + channel) * params.kernelHeight * params.kernelWidth
    + tap;
  #for i in 0..4
  if (channel + $i < params.channels) {
    parts[at + $i * params.kernelHeight * params.kernelWidth] = value[$i];
  }
  #end
}
