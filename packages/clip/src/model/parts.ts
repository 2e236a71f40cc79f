import { tokenTable } from '../encoders/text.ts';
import { scaleName } from '../weights/int8.ts';

/** Which encoder a tensor belongs to. */
export const isVisual = (name: string): boolean => name.startsWith('visual.');

/**
 * Parts of a model that may be fetched apart: all that texts need but the token table, of which a text reads a few rows,
 * and all that images need.
 */
export const MODEL_PARTS = ['text', 'token table', 'image'] as const;
/** One of `MODEL_PARTS`. */
export type ModelPart = (typeof MODEL_PARTS)[number];

/** The part that a tensor, or the scales of one, belong to. */
export function modelPart(name: string): ModelPart {
  if (isVisual(name)) return 'image';
  return name === tokenTable || name === scaleName(tokenTable) ? 'token table' : 'text';
}
