import { type NdArray, zeros } from '../../engine/case.ts';

export function sliceReference(x: NdArray, axis: number, start: number, size: number): NdArray {
  const y = zeros(x.shape.map((length, i) => (i === axis ? size : length)));
  const inner = x.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  for (let i = 0; i < y.data.length; i++) {
    const [outer, along, within] = [Math.floor(i / (inner * size)), Math.floor(i / inner) % size, i % inner];
    y.data[i] = x.data[(outer * x.shape[axis] + start + along) * inner + within];
  }
  return y;
}
