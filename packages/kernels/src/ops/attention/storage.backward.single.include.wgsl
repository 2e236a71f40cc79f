// How the backward kernels read and write four columns at a time: in single precision.
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>; // [batch, tokens, 3, heads, headSize]
@group(0) @binding(1) var<storage, read> dy: array<vec4f>; // [batch, tokens, heads, headSize]
@group(0) @binding(2) var<storage, read_write> dqkv: array<vec4f>; // of q by one kernel, of k and v by another

fn readQkv(at: u32) -> vec4f {
  return qkv[at];
}

fn readDy(at: u32) -> vec4f {
  return dy[at];
}

fn writeDqkv(at: u32, value: vec4f) {
  dqkv[at] = value;
}
