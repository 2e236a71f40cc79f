// dPre = dy * f'(pre), f being the activation of a linear layer. For relu `pre` may be the output as well: it is positive
// where the pre-activation is. One thread owns four values.
struct Params {
  count4: u32,
  activation: u32, // 1 relu, 2 quickgelu, 3 gelu
}

@group(0) @binding(3) var<uniform> params: Params;

#include activation.include.wgsl

fn slope(kind: u32, x: vec4f) -> vec4f {
  switch kind {
    case 1u: { return select(vec4f(), vec4f(1.0), x > vec4f()); }
    case 2u: {
      let s = sigmoid(1.702 * x);
      return s * (1.0 + 1.702 * x * (1.0 - s));
    }
    default: {
      // The bound keeps the square finite; the density is 0 in float32 long before it.
      let z = clamp(x, vec4f(-20.0), vec4f(20.0));
      return 0.5 * (1.0 + erf(0.70710678 * x)) + z * 0.39894228 * exp(-0.5 * z * z);
    }
  }
}

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroup + local;
  if (i < params.count4) {
    writeDPre(i, readDy(i) * slope(params.activation, readPre(i)));
  }
}
