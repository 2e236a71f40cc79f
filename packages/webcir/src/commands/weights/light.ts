import {
  DTYPE_BYTES,
  elementsOf,
  MODEL_PARTS,
  type ModelPart,
  modelPart,
  type WeightTensor,
  type WorstRow,
} from '@webcir/clip';
import { formatBytes } from '../../progress.ts';

type Tensors = ReadonlyMap<string, Pick<WeightTensor, 'dtype' | 'shape'>>;

/** Bytes of the tensors of each part of a model. */
export function bytesByPart(tensors: Tensors): Record<ModelPart, number> {
  const bytes = { text: 0, 'token table': 0, image: 0 };
  for (const [name, { dtype, shape }] of tensors) bytes[modelPart(name)] += elementsOf(shape) * DTYPE_BYTES[dtype];
  return bytes;
}

/** What became of a model's tensors in int8: their sizes, which are floats still, and what was lost. */
export function lightNotes(floats: Tensors, stored: Tensors, { tensor, row, error }: WorstRow): string[] {
  const [before, now] = [bytesByPart(floats), bytesByPart(stored)];
  const sizes = MODEL_PARTS.map(
    (part) => `${part.padEnd(11)}  ${formatBytes(now[part]).padStart(8)}  (${formatBytes(before[part])} in F32)`,
  );
  const matrices = [...stored].filter(([, { dtype, shape }]) => dtype !== 'I8' && shape.length > 1);
  const names = matrices.map(([name]) => name);
  return [
    ...sizes,
    `Not in int8, beside vectors: ${names.slice(0, 4).join(', ')}${names.length > 4 ? `, and ${names.length - 4} more` : ''}.`,
    `The row that lost the most is off by ${(100 * error).toFixed(2)} %: row ${row} of ${tensor}.`,
  ];
}
