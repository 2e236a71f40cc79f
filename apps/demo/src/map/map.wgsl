// The map: images as instanced quads, dots or pictures out of one atlas, and strokes over them. All lengths are CSS
// pixels. Colours are premultiplied by their alpha, and in sRGB as they are blended, which is what canvases do.

struct Frame {
  size: vec2f, // of the canvas
  ratio: f32, // device pixels for each CSS pixel
  tile: f32, // texels of a picture's side
  columns: f32, // tiles in a row of the atlas
  levels: f32, // of its mipmaps
  colours: array<vec4f, 7>, // as COLOURS of strokes.ts has them
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var atlas: texture_2d<f32>;
@group(0) @binding(2) var ranks: texture_2d<f32>; // the numbers from 1 on, BADGE_COLUMNS in a row
@group(0) @binding(3) var linear_sampler: sampler;

const BACKGROUND = 0u;
const DOT = 1u;
const FOUND = 2u;
const REFERENCE = 3u;
const TARGET = 4u;
const TEXT = 6u;

const MARGIN = 12.0; // around an image, for its outlines
const BADGE = vec2f(18.0, 14.0);
const BADGE_COLUMNS = 10.0;
const BADGE_ROWS = 10.0;

fn corner(index: u32) -> vec2f {
  return vec2f(vec2u(index & 1u, index >> 1u)) * 2.0 - 1.0; // of a triangle strip
}

fn onCanvas(place: vec2f) -> vec4f {
  return vec4f((place / frame.size * 2.0 - 1.0) * vec2f(1.0, -1.0), 0.0, 1.0);
}

/// How much of a pixel lies where a signed distance is negative.
fn covered(distance: f32) -> f32 {
  return saturate(0.5 - distance * frame.ratio);
}

fn between(distance: f32, inner: f32, outer: f32) -> f32 {
  return covered(distance - outer) * (1.0 - covered(distance - inner));
}

fn over(below: vec4f, colour: vec4f, share: f32) -> vec4f {
  let above = colour * share;
  return above + below * (1.0 - above.a);
}

/// The distance from the rim of a box around 0 with rounded corners: a circle where the radius is half of both sides.
fn roundedBox(at: vec2f, half: vec2f, radius: f32) -> f32 {
  let beyond = abs(at) - half + radius;
  return length(max(beyond, vec2f())) + min(max(beyond.x, beyond.y), 0.0) - radius;
}

struct Image {
  @builtin(position) position: vec4f,
  @location(0) at: vec2f, // from the middle
  @location(1) @interpolate(flat) body: vec2f, // diameter, share of picture
  @location(2) @interpolate(flat) look: vec4f, // row, marks, rank, how far it fades
}

@vertex
fn imageVertex(@builtin(vertex_index) index: u32, @location(0) body: vec4f, @location(1) look: vec4f) -> Image {
  let at = corner(index) * (body.z / 2.0 + MARGIN);
  return Image(onCanvas(body.xy + at), at, body.zw, look);
}

/// The picture of a row at a place of its square, from 0 to 1. Levels are sampled within the tile, never beside it.
fn pictureAt(row: f32, place: vec2f, level: f32) -> vec4f {
  let cell = vec2f(row % frame.columns, floor(row / frame.columns));
  let rim = vec2f(0.5 * exp2(ceil(level)) / frame.tile);
  let texel = (cell + clamp(place, rim, 1.0 - rim)) * frame.tile;
  return textureSampleLevel(atlas, linear_sampler, texel / vec2f(textureDimensions(atlas)), level);
}

/// The rank on a plate in the upper left corner of a picture.
fn badged(below: vec4f, at: vec2f, half: f32, rank: f32) -> vec4f {
  let place = at + half + vec2f(3.0); // from the plate's corner, which stands out a little
  let plate = roundedBox(place - BADGE / 2.0, BADGE / 2.0, 5.0);
  let cell = vec2f((rank - 1.0) % BADGE_COLUMNS, floor((rank - 1.0) / BADGE_COLUMNS));
  let texel = (cell + clamp(place / BADGE, vec2f(0.02), vec2f(0.98))) / vec2f(BADGE_COLUMNS, BADGE_ROWS);
  let ink = textureSampleLevel(ranks, linear_sampler, texel, 0.0).a;
  let set_off = over(below, frame.colours[BACKGROUND], covered(plate - 1.0));
  return over(over(set_off, frame.colours[FOUND], covered(plate)), frame.colours[BACKGROUND], ink * covered(plate));
}

@fragment
fn imageFragment(image: Image) -> @location(0) vec4f {
  let half = image.body.x / 2.0;
  let share = image.body.y;
  let row = image.look.x;
  let marks = u32(image.look.y);
  let rank = image.look.z;
  let distance = roundedBox(image.at, vec2f(half), mix(half, clamp(0.16 * half, 2.0, 8.0), share));

  // A dot has the colour of the middle of its picture, a little.
  let smallest = frame.levels - 1.0;
  let middle = pictureAt(row, vec2f(0.5), smallest);
  let dot = mix(frame.colours[DOT], vec4f(middle.rgb, 1.0), 0.55 * middle.a);
  let level = clamp(log2(frame.tile / (image.body.x * frame.ratio)) - 0.5, 0.0, smallest); // rather crisp than soft
  let picture = over(frame.colours[BACKGROUND], pictureAt(row, image.at / image.body.x + 0.5, level), 1.0);
  let body = mix(mix(dot, picture, share), frame.colours[BACKGROUND], image.look.w);

  var colour = frame.colours[BACKGROUND] * covered(distance - share); // a rim between pictures that lie on each other
  if ((marks & 1u) != 0u) {
    colour = over(frame.colours[BACKGROUND] * covered(distance - 3.0), frame.colours[FOUND], covered(distance - 2.0));
  }
  if ((marks & 8u) != 0u) { // the target: two rings
    colour = over(colour, frame.colours[BACKGROUND], covered(distance - 8.0));
    colour = over(colour, frame.colours[TARGET], between(distance, 1.0, 3.0) + between(distance, 5.0, 7.0));
  }
  if ((marks & 4u) != 0u) { // the reference: one strong ring
    colour = over(colour, frame.colours[BACKGROUND], covered(distance - 6.5));
    colour = over(colour, frame.colours[REFERENCE], between(distance, 1.5, 5.5));
  }
  if ((marks & 2u) != 0u) { // selected: brackets at the corners of a picture, a thin ring around a dot
    let isDrawn = f32(share < 0.5 || min(abs(image.at.x), abs(image.at.y)) > 0.5 * half);
    colour = over(colour, frame.colours[BACKGROUND], isDrawn * covered(distance - 4.0));
    colour = over(colour, frame.colours[TEXT], isDrawn * between(distance, 1.0, select(2.0, 3.0, share >= 0.5)));
  }
  if ((marks & 16u) != 0u) { // under the pointer: a thin ring around all others
    let inner = select(select(1.0, 8.0, (marks & 8u) != 0u), 6.5, (marks & 4u) != 0u);
    colour = over(colour, frame.colours[BACKGROUND], between(distance, inner, inner + 3.0));
    colour = over(colour, frame.colours[TEXT], between(distance, inner, inner + 2.0));
  }
  colour = over(colour, body, covered(distance));
  if (rank > 0.0 && rank <= BADGE_COLUMNS * BADGE_ROWS && image.body.x >= 30.0) {
    colour = badged(colour, image.at, half, rank);
  }
  return colour;
}

struct Stroke {
  @builtin(position) position: vec4f,
  @location(0) at: vec2f,
  @location(1) @interpolate(flat) ends: vec4f,
  @location(2) @interpolate(flat) look: vec4f, // half width, how far along the line, dash (-1: a diamond), colour
}

@vertex
fn strokeVertex(@builtin(vertex_index) index: u32, @location(0) ends: vec4f, @location(1) look: vec4f) -> Stroke {
  let side = ends.zw - ends.xy;
  let along = select(vec2f(1.0, 0.0), normalize(side), dot(side, side) > 0.0);
  let turn = corner(index);
  let reach = 1.5 * look.x + 1.0;
  let end = select(ends.xy, ends.zw, turn.x > 0.0);
  let at = end + reach * (turn.x * along + turn.y * vec2f(-along.y, along.x));
  return Stroke(onCanvas(at), at, ends, look);
}

@fragment
fn strokeFragment(stroke: Stroke) -> @location(0) vec4f {
  let side = stroke.ends.zw - stroke.ends.xy;
  let start = stroke.at - stroke.ends.xy;
  let colour = frame.colours[u32(stroke.look.w)];
  if (stroke.look.z < 0.0) {
    let sides = abs(start);
    return colour * covered((sides.x + sides.y - 1.5 * stroke.look.x) * 0.7071);
  }
  let share = saturate(dot(start, side) / max(dot(side, side), 1e-6));
  let cover = covered(length(start - share * side) - stroke.look.x);
  if (stroke.look.z > 0.0) {
    let phase = (stroke.look.y + share * length(side)) % (2.0 * stroke.look.z);
    return colour * cover * covered(abs(phase - stroke.look.z) - stroke.look.z / 2.0);
  }
  return colour * cover;
}
