import { meanAveragePrecision } from '../metrics.ts';
import { fashionIqOriginal } from './fashioniq.ts';
import type { Protocol } from './protocol.ts';

/** For images of one's own: what CLIP4Cir does on FashionIQ. */
export const fullGallery: Protocol = {
  ...fashionIqOriginal,
  name: 'full-gallery',
  description: 'Each category is ranked against all of its images, the reference image among them.',
};

/** Where the data set knows other correct images than the one target. */
export const fullGallerySeveralTargets: Protocol = {
  ...fullGallery,
  name: 'full-gallery-several-targets',
  description:
    'Each category is ranked against all of its images, the reference image among them; mAP@10 counts every correct ' +
    'image of a query, R@k its one target.',
  metrics: [...fullGallery.metrics, meanAveragePrecision(10)],
};
