// dx = dy * f'(x) for the activations of activation.wgsl. One thread owns four values.
struct Params {
  count4: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

override kind: u32; // 0 relu, 1 sigmoid, 2 quickGelu, 3 gelu

const workgroup = 256u;

// The share of a normal distribution below x: erfc(-x / sqrt(2)) / 2, by the Chebyshev fit of Press et al., Numerical Recipes,
// section 6.2 (erfcc): its relative error is below 1.2e-7 everywhere, so that the tail is exact too.
fn normalBelow(x: vec4f) -> vec4f {
  let z = min(abs(x) * 0.70710678, vec4f(12.0)); // exp(-12^2) is 0 in f32
  let t = 1.0 / (1.0 + 0.5 * z);
  var fit = t * 0.17087277 - 0.82215223;
  fit = t * fit + 1.48851587;
  fit = t * fit - 1.13520398;
  fit = t * fit + 0.27886807;
  fit = t * fit - 0.18628806;
  fit = t * fit + 0.09678418;
  fit = t * fit + 0.37409196;
  fit = t * fit + 1.00002368;
  let tail = 0.5 * t * exp(t * fit - 1.26551223 - z * z);
  return select(tail, 1.0 - tail, x > vec4f(0.0));
}

// 1 / (1 + exp(-x)), without an overflow of exp.
fn sigmoid(x: vec4f) -> vec4f {
  let small = exp(-abs(x));
  return select(small, vec4f(1.0), x > vec4f(0.0)) / (1.0 + small);
}

fn normalDensity(x: vec4f) -> vec4f {
  let bounded = min(abs(x), vec4f(16.0)); // exp(-16^2 / 2) is 0 in f32
  return 0.39894228 * exp(-0.5 * bounded * bounded);
}

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
  let value = x[i];
  var slope = vec4f();
  switch kind {
    case 0u: { slope = select(vec4f(), vec4f(1.0), value > vec4f()); }
    case 1u: {
      let s = sigmoid(value);
      slope = s * (1.0 - s);
    }
    case 2u: {
      let s = sigmoid(1.702 * value);
      slope = s + 1.702 * value * s * (1.0 - s);
    }
    default: { slope = normalBelow(value) + value * normalDensity(value); }
  }
  dx[i] = dy[i] * slope;
}
