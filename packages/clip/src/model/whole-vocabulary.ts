import { tokenTable } from '../encoders/text.ts';
import type { ClipModel } from './model.ts';

/**
 * A model with a row for every token, out of one that keeps only the rows that its training texts use
 * (`ClipModel.vocabulary`); the others are zero. Texts of known words keep their features. Files without webcir's
 * metadata, such as CLIP4Cir's, have to hold all rows.
 * @param vocabularySize the number of the tokenizer's tokens
 * @returns the model itself if it has them all
 * @throws RangeError for a vocabulary beyond the tokenizer's
 */
export function withWholeVocabulary(model: ClipModel, vocabularySize: number): ClipModel {
  const { vocabulary, ...rest } = model;
  if (!vocabulary) return model;
  const largest = Math.max(...vocabulary);
  if (largest >= vocabularySize) {
    throw new RangeError(`CLIP weights: the vocabulary has token ${largest}, expected ids below ${vocabularySize}.`);
  }
  const width = model.config.textWidth;
  const rows = model.tensors.get(tokenTable)!;
  const table = {
    shape: [vocabularySize, width],
    async read() {
      const [values, whole] = [await rows.read(), new Float32Array(vocabularySize * width)];
      for (const [row, id] of vocabulary.entries()) {
        whole.set(values.subarray(row * width, (row + 1) * width), id * width);
      }
      return whole;
    },
  };
  return {
    ...rest,
    config: { ...model.config, vocabularySize },
    tensors: new Map([...model.tensors].map(([name, tensor]) => [name, name === tokenTable ? table : tensor])),
  };
}
