import { meanAveragePrecision } from '../metrics.ts';
import { byCategory, type Protocol } from './protocol.ts';

/**
 * CIRCO's protocol. Its evaluation.py scores the rankings that it is given, and its authors' code that makes them
 * (SEARLE's validate.py and generate_test_submission.py) leaves the reference in.
 */
export const circo: Protocol = {
  name: 'circo',
  description:
    'Every query is ranked against the whole gallery, its reference among it; mAP@k counts every correct image of a ' +
    'query.',
  metrics: [5, 10, 25, 50].map(meanAveragePrecision),
  headline: ['map_at5', 'map_at50'],
  parts: byCategory(),
  ranksOtherSplits: false,
  removesReference: false,
  ranksGroup: false,
  depth: 50,
  criteria: [],
};
