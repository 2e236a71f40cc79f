/**
 * The eigenvalues of a symmetric matrix, largest first: Householder's reduction to tridiagonal form, then the implicit
 * QL algorithm (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3).
 * @param matrix [size, size]; only its lower triangle is read
 */
export function eigenvalues(matrix: ArrayLike<number>, size: number): Float64Array {
  const { diagonal, beside } = tridiagonal(Float64Array.from(matrix), size);
  for (let block = 0; block < size; block++) isolate(diagonal, beside, block);
  return diagonal.sort().reverse();
}

/** A tridiagonal matrix with the same eigenvalues: its diagonal, and what stands below, `beside[i]` in row i + 1. */
function tridiagonal(a: Float64Array, size: number): { diagonal: Float64Array; beside: Float64Array } {
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  const v = new Float64Array(size);
  const p = new Float64Array(size);
  for (let k = 0; k < size - 1; k++) {
    diagonal[k] = a[k * size + k];
    let square = 0;
    for (let i = k + 1; i < size; i++) {
      v[i] = a[i * size + k];
      square += v[i] ** 2;
    }
    const head = v[k + 1];
    const length = head > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    beside[k] = length;
    v[k + 1] = head - length;
    const half = square - head * length; // |v|² / 2
    if (half === 0) continue;
    // With p = A v / half and w = p - v (p · v) / (2 half), the reflected matrix is A - v wᵀ - w vᵀ.
    p.fill(0, k + 1);
    for (let i = k + 1; i < size; i++) {
      let sum = a[i * size + i] * v[i];
      for (let j = k + 1; j < i; j++) {
        sum += a[i * size + j] * v[j];
        p[j] += a[i * size + j] * v[i];
      }
      p[i] += sum;
    }
    let along = 0;
    for (let i = k + 1; i < size; i++) {
      p[i] /= half;
      along += p[i] * v[i];
    }
    for (let i = k + 1; i < size; i++) p[i] -= (along / (2 * half)) * v[i];
    for (let i = k + 1; i < size; i++) {
      for (let j = k + 1; j <= i; j++) a[i * size + j] -= v[i] * p[j] + p[i] * v[j];
    }
  }
  diagonal[size - 1] = a[size * size - 1];
  return { diagonal, beside };
}

/** Rotates until `diagonal[start]` is an eigenvalue. */
function isolate(diagonal: Float64Array, beside: Float64Array, start: number): void {
  const size = diagonal.length;
  for (;;) {
    let end = start;
    while (end < size - 1) {
      const scale = Math.abs(diagonal[end]) + Math.abs(diagonal[end + 1]);
      if (Math.abs(beside[end]) <= Number.EPSILON * scale) break;
      end++;
    }
    if (end === start) return;
    // Wilkinson's shift
    let g = (diagonal[start + 1] - diagonal[start]) / (2 * beside[start]);
    let r = Math.hypot(g, 1);
    g = diagonal[end] - diagonal[start] + beside[start] / (g + (g < 0 ? -r : r));
    let [sine, cosine, p] = [1, 1, 0];
    let i = end - 1;
    for (; i >= start; i--) {
      const f = sine * beside[i];
      const b = cosine * beside[i];
      r = Math.hypot(f, g);
      beside[i + 1] = r;
      if (r === 0) {
        diagonal[i + 1] -= p;
        break;
      }
      [sine, cosine] = [f / r, g / r];
      g = diagonal[i + 1] - p;
      r = (diagonal[i] - g) * sine + 2 * cosine * b;
      p = sine * r;
      diagonal[i + 1] = g + p;
      g = cosine * r - b;
    }
    if (r === 0 && i >= start) {
      beside[end] = 0;
      continue;
    }
    diagonal[start] -= p;
    beside[start] = g;
    beside[end] = 0;
  }
}
