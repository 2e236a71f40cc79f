// y = a (+ - * /) b for every other broadcast: value i of a meets value (i / stretch) % repeat of b.
// One thread owns one value.
struct Params {
  count: u32,
  stretch: u32, // neighbouring values of a that meet the same value of b
  repeat: u32, // values of b
  operation: u32, // 0 add, 1 subtract, 2 multiply, 3 divide
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroup + local;
  if (i >= params.count) {
    return;
  }
  let left = a[i];
  let right = b[(i / params.stretch) % params.repeat];
  switch params.operation {
    case 0u: { y[i] = left + right; }
    case 1u: { y[i] = left - right; }
    case 2u: { y[i] = left * right; }
    default: { y[i] = left / right; }
  }
}
