import { type NdArray, zeros } from '../../engine/case.ts';

export function averagePoolReference(x: NdArray, size: number): NdArray {
  const [batch, height, width, channels] = x.shape;
  const rows = Math.floor(height / size);
  const columns = Math.floor(width / size);
  const y = zeros([batch, rows, columns, channels]);
  for (const [i, value] of x.data.entries()) {
    const column = Math.floor((Math.floor(i / channels) % width) / size);
    const row = Math.floor((Math.floor(i / (channels * width)) % height) / size);
    const image = Math.floor(i / (channels * width * height));
    if (row >= rows || column >= columns) continue;
    y.data[((image * rows + row) * columns + column) * channels + (i % channels)] += value / size ** 2;
  }
  return y;
}
