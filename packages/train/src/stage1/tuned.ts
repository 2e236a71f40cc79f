import { isTrainable, isVisual } from '@webcir/clip';

/** Which of CLIP's encoders stage 1 tunes. */
export type TunedEncoder = 'text' | 'image' | 'both';

/** Which tensors CLIP4Cir's `--encoder` trains. */
export const isTuned =
  (encoder: TunedEncoder) =>
  (name: string): boolean =>
    isTrainable(name) && (encoder === 'both' || (encoder === 'image') === isVisual(name));
