import type { ClipConfig } from '../config.ts';

/** Sizes that a configuration repeats although the weights have them: they must agree. */
const SIZES = {
  features: ({ embedDim }: ClipConfig) => embedDim,
  'image resolution': ({ imageResolution }: ClipConfig) => imageResolution,
  'image width': ({ vision }: ClipConfig) => vision.width,
  'image layers': ({ vision }: ClipConfig) => (vision.kind === 'vit' ? vision.layers : vision.layers.join()),
  'image MLP': ({ vision }: ClipConfig) => (vision.kind === 'vit' ? vision.mlpWidth : undefined),
  'patch size': ({ vision }: ClipConfig) => (vision.kind === 'vit' ? vision.patchSize : undefined),
  'text width': ({ textWidth }: ClipConfig) => textWidth,
  'text layers': ({ textLayers }: ClipConfig) => textLayers,
  'text MLP': ({ textMlpWidth }: ClipConfig) => textMlpWidth,
  'text positions': ({ contextLength }: ClipConfig) => contextLength,
  tokens: ({ vocabularySize }: ClipConfig) => vocabularySize,
} satisfies Record<string, (config: ClipConfig) => number | string | undefined>;

export type Size = keyof typeof SIZES;

/** A size that a configuration states. */
export interface StatedSize {
  readonly size: Size;
  readonly value: number | string;
  /** The file and the key, for an error. */
  readonly where: string;
}

/** @throws Error naming the first size that the weights do not have */
export function checkSizes(sizes: readonly StatedSize[], config: ClipConfig): void {
  for (const { size, value, where } of sizes) {
    const found = SIZES[size](config);
    if (found !== value) {
      throw new Error(
        `${where}: it says ${value} (${size}), the weights have ${found ?? 'none'}: do they belong together?`,
      );
    }
  }
}
