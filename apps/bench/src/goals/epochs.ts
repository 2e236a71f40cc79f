// The cost of an epoch with webcir's exact shortcuts and without, from the measured costs of its parts (DESIGN: exact
// work, less of it). FashionIQ at RN50x4's size, CLIP4Cir's recipe: 100 epochs of stage 1 with batches of 128, 300 of
// stage 2 with batches of 4096.

/** FashionIQ's training split. */
const TRIPLETS = 18_000;
const IMAGES = 46_609;
const FORMS = 4;
const STAGE1 = { epochs: 100, batch: 128 };
export const STAGE2 = { epochs: 300, batch: 4096 };

/** Costs in seconds. */
export interface Costs {
  /** Encoding one image. */
  readonly image: number;
  /** Encoding one caption, at all 77 positions and only as far as it goes. */
  readonly caption: { readonly whole: number; readonly trimmed: number };
  /** A step of stage 1 without images, at a batch of 128. */
  readonly stage1: { readonly whole: number; readonly trimmed: number };
  /** A step of the Combiner, for each triplet of a batch of 4096. */
  readonly combiner: number;
}

export interface Epochs {
  readonly original: number;
  readonly ours: number;
}

/** Text tuning: CLIP4Cir encodes both images at every step; here each image is encoded once for all epochs. */
export function stage1Epochs({ image, stage1 }: Costs): Epochs {
  const steps = Math.floor(TRIPLETS / STAGE1.batch);
  return {
    original: steps * (2 * STAGE1.batch * image + stage1.whole),
    ours: steps * stage1.trimmed + (IMAGES * image) / STAGE1.epochs,
  };
}

/**
 * The Combiner: CLIP4Cir encodes images and captions at every step; here each image and each of four caption forms
 * once.
 */
export function stage2Epochs({ image, caption, combiner }: Costs): Epochs {
  const once = IMAGES * image + FORMS * TRIPLETS * caption.trimmed;
  return {
    original: TRIPLETS * (2 * image + caption.whole + combiner),
    ours: TRIPLETS * combiner + once / STAGE2.epochs,
  };
}
