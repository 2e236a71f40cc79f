// How the forward kernels read and write four columns at a time: in single precision.
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>; // [batch, tokens, heads, headSize]

fn readQkv(at: u32) -> vec4f {
  return qkv[at];
}

fn writeY(at: u32, value: vec4f) {
  y[at] = value;
}
