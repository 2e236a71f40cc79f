import { meanAveragePrecision } from '../metrics.ts';
import { fashionIqOriginal } from './fashioniq.ts';
import type { Protocol } from './protocol.ts';

/** The protocol for your own images: what CLIP4Cir does on FashionIQ. */
export const fullGallery: Protocol = {
  ...fashionIqOriginal,
  name: 'full-gallery',
  description: 'Each category is ranked against all of its images, the reference image among them.',
};

/** The same for data sets that know other correct images besides the target. */
export const fullGallerySeveralTargets: Protocol = {
  ...fullGallery,
  name: 'full-gallery-several-targets',
  description:
    'Each category is ranked against all of its images, the reference image among them; mAP@10 counts every correct ' +
    'image of a query, R@k its one target.',
  metrics: [...fullGallery.metrics, meanAveragePrecision(10)],
};
