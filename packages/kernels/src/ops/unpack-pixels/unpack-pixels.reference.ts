import { type NdArray, zeros } from '../../engine/case.ts';

export function unpackPixelsReference(pixels: NdArray, table: NdArray, least?: NdArray): NdArray {
  const y = zeros([...pixels.shape, 3]);
  const isMultiplied = least !== undefined && least.data[0] < 255 * 2 ** 24;
  for (const [i, pixel] of pixels.data.entries()) {
    const alpha = Math.floor(pixel / 2 ** 24);
    for (let c = 0; c < 3; c++) {
      const value = Math.floor(pixel / 256 ** c) % 256;
      const colour = isMultiplied && alpha > 0 ? Math.min(Math.floor((255 * value) / alpha), 255) : value;
      y.data[3 * i + c] = table.data[256 * c + colour];
    }
  }
  return y;
}
