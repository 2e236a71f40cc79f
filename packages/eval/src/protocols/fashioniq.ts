import { recall } from '../metrics.ts';
import { byCategory, type Criterion, type Protocol } from './protocol.ts';

/** CLIP4Cir's `average_recall`: it keeps the model of the epoch with the highest one. */
const averageRecall: Criterion = {
  name: 'average',
  label: 'the average of R@10 and R@50',
  of: ({ recall_at10, recall_at50 }) => (recall_at10 + recall_at50) / 2,
};

// Three protocols are in use for FashionIQ, and most papers do not name theirs. The same model scores 7 to 11 points of
// R@10 higher under the third than under the first.

/** The protocol of CLIP4Cir's `compute_fiq_val_metrics`, which its forks (Bi-BLIP4CIR, SPRC) follow. */
export const fashionIqOriginal: Protocol = {
  name: 'fashioniq-original',
  description:
    "Each category is ranked against all images of its own split, the reference image among them: CLIP4Cir's protocol.",
  metrics: [recall(10), recall(50)],
  headline: ['recall_at10', 'recall_at50'],
  parts: byCategory(),
  ranksOtherSplits: false,
  removesReference: false,
  ranksGroup: false,
  depth: 50,
  criteria: [averageRecall],
};

/** The protocol of DCNet. */
export const fashionIqOriginalWithoutReference: Protocol = {
  ...fashionIqOriginal,
  name: 'fashioniq-original-without-reference',
  description:
    'Each category is ranked against all images of its own split but the reference image, which is taken out.',
  removesReference: true,
};

/** The protocol of CLVC-Net and TG-CIR: images that no query names are left out, which makes the gallery smaller. */
export const fashionIqValSplit: Protocol = {
  ...fashionIqOriginalWithoutReference,
  name: 'fashioniq-val-split',
  description:
    'Each category is ranked against the references and targets of its queries only, the reference image taken out.',
  parts: byCategory((dataset, split, category) => {
    const named = new Set(dataset.triplets(split, category).flatMap(({ reference, target }) => [reference, target]));
    return dataset.gallery(split, category).filter((id) => named.has(id));
  }),
};
