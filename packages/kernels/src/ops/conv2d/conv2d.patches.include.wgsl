// The parameters of conv2d.patches.wgsl and conv2d.patches.backward.wgsl, and what each of their threads owns.
struct Params {
  count: u32, // pieces: batch * height * ceil(width / patchWidth)
  height: u32,
  width: u32,
  channels: u32,
  patchHeight: u32,
  patchWidth: u32,
}

/** One row of pixels of one patch. */
struct Piece {
  first: u32, // its first value in the images
  pixels: u32, // fewer than patchWidth at the right edge
  place: u32, // where its first value lies in the patches
  kept: bool, // false where it is left over at an edge
}

fn pieceOf(index: u32) -> Piece {
  let rows = params.height / params.patchHeight;
  let columns = params.width / params.patchWidth;
  let pieces = (params.width + params.patchWidth - 1u) / params.patchWidth;
  let column = index % pieces;
  let imageRow = index / pieces;
  let image = imageRow / params.height;
  let row = imageRow % params.height;
  let left = column * params.patchWidth;
  let patchIndex = (image * rows + row / params.patchHeight) * columns + column;
  return Piece(
    (imageRow * params.width + left) * params.channels,
    min(params.patchWidth, params.width - left),
    (patchIndex * params.channels * params.patchHeight + row % params.patchHeight) * params.patchWidth,
    row < rows * params.patchHeight && column < columns,
  );
}
