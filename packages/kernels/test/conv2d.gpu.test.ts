// Convolutions large enough for the large tiles, and every value of their gradients: ops.gpu.test.ts samples those, at
// small sizes.
import { afterAll, expect, it } from 'vitest';
import { caseValues, type NdArray, normal, zeros } from '../src/engine/case.ts';
import { openDevice } from '../src/engine/device.ts';
import { variantChoices } from '../src/engine/variants.ts';
import { ancestors } from '../src/graph.ts';
import { compile, conv2d, input, vjp } from '../src/index.ts';
import { conv2dReference } from '../src/ops/conv2d/conv2d.reference.ts';

const device = await openDevice();
afterAll(() => device.close());

/**
 * The gradients of sum(dy * conv2d(x, weight)): every product of the forward pass, sent back to both of its factors.
 */
function gradientsReference(x: NdArray, weight: NdArray, dy: NdArray, padding: number) {
  const [, height, width, channels] = x.shape;
  const [out, , kernelHeight, kernelWidth] = weight.shape;
  const [batch, rows, columns] = dy.shape;
  const [dx, dWeight] = [zeros(x.shape), zeros(weight.shape)];
  for (let pixel = 0; pixel < batch * rows * columns; pixel++) {
    const image = Math.floor(pixel / (rows * columns));
    for (let tap = 0; tap < kernelHeight * kernelWidth; tap++) {
      const row = (Math.floor(pixel / columns) % rows) - padding + Math.floor(tap / kernelWidth);
      const column = (pixel % columns) - padding + (tap % kernelWidth);
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const source = ((image * height + row) * width + column) * channels;
      for (let o = 0; o < out; o++) {
        for (let c = 0; c < channels; c++) {
          const at = (o * channels + c) * kernelHeight * kernelWidth + tap;
          dx.data[source + c] += dy.data[pixel * out + o] * weight.data[at];
          dWeight.data[at] += dy.data[pixel * out + o] * x.data[source + c];
        }
      }
    }
  }
  return { dx, dWeight };
}

/** The largest error, relative to the largest value. */
function relativeError(found: ArrayLike<number>, { data }: NdArray): number {
  let error = 0;
  let scale = 0;
  for (let i = 0; i < data.length; i++) {
    error = Math.max(error, Number.isFinite(found[i]) ? Math.abs(found[i] - data[i]) : Number.POSITIVE_INFINITY);
    scale = Math.max(scale, Math.abs(data[i]));
  }
  return error / scale;
}

const wide = [
  { name: 'y', x: [2, 91, 90, 4], weight: [72, 4, 3, 3] },
  { name: 'dx', x: [2, 91, 90, 72], weight: [4, 72, 3, 3] },
  { name: 'dWeight', x: [2, 19, 21, 20], weight: [68, 20, 3, 3] },
] as const;

for (const { name, x, weight } of wide) {
  it(`${name} of a convolution of [${x}] by [${weight}]`, async () => {
    const [images, kernels] = [input('x', x), input('weight', weight)];
    const y = conv2d(images, kernels, { padding: 1 });
    const [dx, dWeight] = vjp([y], [input('dy', y.shape)], [images, kernels]);
    const output = { y, dx, dWeight }[name];
    const [xValues, weightValues, dyValues] = caseValues([normal(x), normal(weight), normal(y.shape)]);
    const expected = {
      y: () => conv2dReference(xValues, weightValues, 1, 1),
      dx: () => gradientsReference(xValues, weightValues, dyValues, 1).dx,
      dWeight: () => gradientsReference(xValues, weightValues, dyValues, 1).dWeight,
    }[name]();
    const read = new Set(ancestors([output]).flatMap(({ source }) => (source.kind === 'input' ? [source.name] : [])));
    const feeds = Object.entries({ x: xValues, weight: weightValues, dy: dyValues })
      .filter(([leaf]) => read.has(leaf))
      .map(([leaf, { data }]) => [leaf, Float32Array.from(data)] as const);
    for (const variants of variantChoices([output], device.capabilities)) {
      const program = await compile(device, { outputs: { output }, variants });
      const found = await program.runAndRead(Object.fromEntries(feeds), ['output']);
      expect(relativeError(found.output, expected), JSON.stringify(variants)).toBeLessThan(2e-5);
      program.dispose();
    }
  });
}
