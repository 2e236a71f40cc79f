// Sizes of all attention kernels, and where in the tensors the rows of one head lie.
struct Params {
  tokens: u32,
  heads: u32,
  sequences: u32, // batch * heads
  width4: u32,
  headSize4: u32,
  causal: u32,
  saveLogSum: u32, // read by the forward pass only
  scale: f32,
}

struct Place {
  exists: bool, // false past the last sequence
  first: u32, // the first token of the block
  slice: u32, // which columns of the head, where several blocks share its tokens
  qkv: u32, // q of the head's token 0; k lies width4 after it, v 2 * width4
  y: u32, // y and dy of the head's token 0
  logSum: u32, // logSum and delta of the head's token 0
}

// Blocks of one head follow each other, so that they find its keys in the cache.
fn placeOf(block: u32, tokensPerBlock: u32, slices: u32) -> Place {
  let blocks = (params.tokens + tokensPerBlock - 1u) / tokensPerBlock;
  let sequence = block / blocks / slices;
  let column = sequence % params.heads * params.headSize4;
  let row = sequence / params.heads * params.tokens;
  return Place(
    sequence < params.sequences,
    block % blocks * tokensPerBlock,
    block / blocks % slices,
    row * 3u * params.width4 + column,
    row * params.width4 + column,
    sequence * params.tokens,
  );
}
