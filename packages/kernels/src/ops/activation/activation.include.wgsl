// The activations, by the number that activation.backward.ts gives them: 0 none, 1 relu, 2 quickgelu, 3 gelu, 4
// sigmoid, 5 gelu_tanh.

// Error function: minimax polynomials, of the function itself near 0 and of the logarithm of 1 - erf beyond (N. Juffa's
// erff). From 4 on it is 1 in float32. The error of (1 + erf(x / sqrt 2)) / 2 is below 7e-8.
fn erf(x: vec4f) -> vec4f {
  let t = min(abs(x), vec4f(4.0));
  let s = t * t;
  var near = s * -5.96761703e-4 + 4.99119423e-3;
  near = near * s - 2.67681349e-2;
  near = near * s + 1.12819925e-1;
  near = near * s - 3.76125336e-1;
  near = near * s + 1.28379166e-1;
  near = near * x + x;
  var far = (t * -1.72853470e-5 + 3.83197126e-4) * s + (t * -3.88396438e-3 + 2.42546219e-2);
  far = far * t - 1.06777877e-1;
  far = far * t - 6.34846687e-1;
  far = far * t - 1.28717512e-1;
  far = far * t - t;
  return select(near, sign(x) * (1.0 - exp(far)), t > vec4f(0.921875));
}

// 1 / (1 + exp(-x)); the bound keeps exp finite, and below it the result is no normal float any more.
fn sigmoid(x: vec4f) -> vec4f {
  return select(1.0 / (1.0 + exp(min(-x, vec4f(88.0)))), vec4f(), x < vec4f(-88.0));
}

// The argument of tanh in the approximation of gelu, sqrt(2 / pi) (x + 0.044715 x^3), doubled: (1 + tanh(u)) / 2 is
// sigmoid(2 u). The bound keeps the cube finite; beyond it the sigmoid is 0 or 1 in float32.
fn geluArgument(x: vec4f) -> vec4f {
  let z = clamp(x, vec4f(-20.0), vec4f(20.0));
  return 1.5957691 * z * (1.0 + 0.044715 * z * z);
}

fn activate(kind: u32, x: vec4f) -> vec4f {
  switch kind {
    case 1u: { return max(x, vec4f()); }
    case 2u: { return x * sigmoid(1.702 * x); }
    case 3u: { return 0.5 * x * (1.0 + erf(0.70710678 * x)); }
    case 4u: { return sigmoid(x); }
    case 5u: { return x * sigmoid(geluArgument(x)); }
    default: { return x; }
  }
}

fn slope(kind: u32, x: vec4f) -> vec4f {
  switch kind {
    case 1u: { return select(vec4f(), vec4f(1.0), x > vec4f()); }
    case 2u: {
      let s = sigmoid(1.702 * x);
      return s * (1.0 + 1.702 * x * (1.0 - s));
    }
    case 3u: {
      // The bound keeps the square finite; the density is 0 in float32 long before it.
      let z = clamp(x, vec4f(-20.0), vec4f(20.0));
      return 0.5 * (1.0 + erf(0.70710678 * x)) + z * 0.39894228 * exp(-0.5 * z * z);
    }
    case 4u: {
      let s = sigmoid(x);
      return s * (1.0 - s);
    }
    case 5u: {
      let s = sigmoid(geluArgument(x));
      let z = clamp(x, vec4f(-20.0), vec4f(20.0));
      return s + z * s * (1.0 - s) * 1.5957691 * (1.0 + 0.134145 * z * z);
    }
    default: { return vec4f(1.0); }
  }
}
