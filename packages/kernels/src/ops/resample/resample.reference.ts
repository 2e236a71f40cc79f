import { type NdArray, zeros } from '../../engine/case.ts';
import type { ResampleOptions } from './resample.ts';

const channels = [2 ** 0, 2 ** 8, 2 ** 16, 2 ** 24];

export function resampleReference(
  pixels: NdArray,
  taps: NdArray,
  { axis, firstLine = 0, lines = pixels.shape[1 - axis] - firstLine, premultiplies = false }: ResampleOptions,
): NdArray {
  const [outputs, stride] = taps.shape;
  const width = pixels.shape[1];
  const y = zeros(axis === 1 ? [lines, outputs] : [outputs, lines]);
  const channelOf = (pixel: number, unit: number) => Math.floor(pixel / unit) % 256;
  for (let line = 0; line < lines; line++) {
    for (let output = 0; output < outputs; output++) {
      const [first, count, ...weights] = taps.data.subarray(output * stride, (output + 1) * stride);
      let packed = 0;
      for (const unit of channels) {
        let sum = 0;
        for (let k = 0; k < count; k++) {
          const [row, column] = axis === 1 ? [firstLine + line, first + k] : [first + k, firstLine + line];
          const pixel = pixels.data[row * width + column];
          const alpha = premultiplies && unit !== channels[3] ? channelOf(pixel, channels[3]) : 255;
          const signed = weights[k] >= 2 ** 31 ? weights[k] - 2 ** 32 : weights[k];
          sum += Math.round((channelOf(pixel, unit) * alpha) / 255) * signed;
        }
        packed += unit * Math.min(Math.max(Math.floor(sum / 2 ** 22 + 0.5), 0), 255);
      }
      y.data[axis === 1 ? line * outputs + output : output * lines + line] = packed;
    }
  }
  return y;
}
