// y = a (+ - * /) b, where b has the shape of a or of a suffix of it. One thread owns four values.
struct Params {
  count4: u32,
  repeat4: u32, // values of b / 4
  operation: u32, // 0 add, 1 subtract, 2 multiply, 3 divide
}

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

const workgroup = 64u;

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
  let left = a[i];
  let right = b[i % params.repeat4];
  switch params.operation {
    case 0u: { y[i] = left + right; }
    case 1u: { y[i] = left - right; }
    case 2u: { y[i] = left * right; }
    default: { y[i] = left / right; }
  }
}
