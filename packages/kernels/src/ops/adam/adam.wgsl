// One step of Adam / AdamW on all parameters at once, in place, in the order of operations of PyTorch 1.13. One thread
// owns four parameters: nothing is shared, every value is read and written once. Where gradients overflowed, the step
// is skipped and nothing changes.
struct Params {
  count4: u32,
  beta1: f32,
  beta2: f32,
  rest1: f32, // 1 - beta1, rounded once
  rest2: f32,
  epsilon: f32,
  maySkip: u32, // 0: `overflow` is a placeholder
}

@group(0) @binding(0) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> gradients: array<vec4f>;
// learning rate, weight decay, 1 - beta1^t, 1 - beta2^t; 1 / loss scale
@group(0) @binding(4) var<storage, read> hyper: array<vec4f>;
@group(0) @binding(5) var<storage, read> overflow: array<f32>; // not 0: skip
@group(0) @binding(6) var<uniform> params: Params;

const workgroup = 256u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroup + local;
  if (i >= params.count4 || (params.maySkip != 0u && overflow[0] != 0.0)) {
    return;
  }
  let step = hyper[0];
  let gradient = gradients[i] * hyper[1].x;
  let decayed = parameters[i] * (1.0 - step.x * step.y);
  let mean = params.beta1 * m[i] + params.rest1 * gradient;
  let square = params.beta2 * v[i] + params.rest2 * gradient * gradient;
  m[i] = mean;
  v[i] = square;
  parameters[i] = decayed - (step.x / step.z) * mean / (sqrt(square) / sqrt(step.w) + params.epsilon);
}
