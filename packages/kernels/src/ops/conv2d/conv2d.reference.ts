import { type NdArray, zeros } from '../../engine/case.ts';

export function conv2dReference(x: NdArray, weight: NdArray, stride: number, padding: number): NdArray {
  const [batch, height, width, channels] = x.shape;
  const [out, , kernelHeight, kernelWidth] = weight.shape;
  const rows = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const columns = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  const y = zeros([batch, rows, columns, out]);
  for (let at = 0; at < y.data.length; at++) {
    const o = at % out;
    const left = (Math.floor(at / out) % columns) * stride - padding;
    const top = (Math.floor(at / (out * columns)) % rows) * stride - padding;
    const image = Math.floor(at / (out * columns * rows));
    for (let i = Math.max(0, -top); i < kernelHeight && top + i < height; i++) {
      for (let j = Math.max(0, -left); j < kernelWidth && left + j < width; j++) {
        const pixel = ((image * height + top + i) * width + left + j) * channels;
        const tap = (o * channels * kernelHeight + i) * kernelWidth + j;
        for (let c = 0; c < channels; c++) {
          y.data[at] += x.data[pixel + c] * weight.data[tap + c * kernelHeight * kernelWidth];
        }
      }
    }
  }
  return y;
}
