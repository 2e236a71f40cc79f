import type { ClipConfig, Weights } from '@webcir/clip';
import type { Device } from '@webcir/kernels';
import { type OnProgress, TextEncoderPrograms } from '@webcir/retrieval';
import type { Drawn, Example } from '../examples.ts';

export interface CaptionFeatures {
  /** Text features of drawn captions, [drawn, embed]. */
  of(drawn: readonly Drawn[]): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * Text features by a text encoder that is frozen: every form of every caption is encoded once, beforehand.
 * @param options cache: false encodes drawn captions again each time; trim: run only the positions that captions need
 */
export async function captionFeatures(
  device: Device,
  config: ClipConfig,
  weights: Weights,
  examples: readonly Example[],
  { cache, trim, onProgress }: { cache: boolean; trim: boolean; onProgress?: OnProgress },
): Promise<CaptionFeatures> {
  const encoder = new TextEncoderPrograms(device, config, weights, { trim });
  if (!cache) {
    return {
      of: (drawn) => encoder.encode(drawn.map(({ example, form }) => example.texts[form])),
      dispose: () => encoder.dispose(),
    };
  }
  const texts = examples.flatMap((example) => example.texts);
  const features = await encoder.encode(texts, onProgress);
  await encoder.dispose();
  const firstRow = new Map<Example, number>();
  let next = 0;
  for (const example of examples) {
    firstRow.set(example, next);
    next += example.texts.length;
  }
  const { embedDim: dim } = config;
  return {
    async of(drawn) {
      const rows = new Float32Array(drawn.length * dim);
      for (const [i, { example, form }] of drawn.entries()) {
        const row = firstRow.get(example)! + form;
        rows.set(features.subarray(row * dim, (row + 1) * dim), i * dim);
      }
      return rows;
    },
    dispose: async () => {},
  };
}
