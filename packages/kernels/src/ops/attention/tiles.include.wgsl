// Tiles of the attention kernels for GPUs. A workgroup of eight by eight threads owns 32 tokens of one head and walks
// the other side of the product 32 tokens at a time. Tiles of 32 tokens by 32 columns go through workgroup memory:
// there the vector of four columns d of a token lies at slot(d, token), which keeps both threads that copy a token and
// threads that read a column of tokens off each other's banks. Thread (x, y) makes the scores of own tokens y, y + 8,
// y + 16, y + 24 (rows of a matrix) with the other tokens x, x + 8, x + 16, x + 24 (its columns). The scores then
// replace a tile. For the same four own tokens the thread makes the result's columns 4x to 4x + 3 of each 32. For these
// it reads the other tokens' vectors where they are: eight neighbouring threads read neighbouring ones, and a vector
// feeds sixteen multiply-adds.
override columnTiles: u32; // of 32 columns, enough for a head: what is past them is not compiled

const size = 32u;

var<workgroup> ownTile: array<vec4f, 256>;
var<workgroup> otherTile: array<vec4f, 256>;

fn slot(d: u32, token: u32) -> u32 {
  return d * size + (token ^ d);
}

// The place of the scores of another token with four own ones.
fn scoreSlot(other: u32, y: u32) -> u32 {
  return other * 8u + (y ^ (other % 8u));
}

// The dot products of the tiles' tokens, over their 32 columns.
fn dotProducts(x: u32, y: u32) -> mat4x4f {
  var sums = mat4x4f();
  for (var d = 0u; d < 8u; d++) {
    #for r in 0..4
    let own$r = ownTile[slot(d, y + ${8*r}u)];
    #end
    #for j in 0..4
    let other$j = otherTile[slot(d, x + ${8*j}u)];
    sums[$j] += vec4f(dot(own0, other$j), dot(own1, other$j), dot(own2, other$j), dot(own3, other$j));
    #end
  }
  return sums;
}
