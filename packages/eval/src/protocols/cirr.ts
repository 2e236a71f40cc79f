import { groupRecall, recall } from '../metrics.ts';
import { byCategory, type Criterion, type Metric, type MetricKey, type Protocol, type Scores } from './protocol.ts';

const inGallery = [1, 5, 10, 50].map((k): Metric => ({ ...recall(k), family: 'whole gallery' }));
const inGroup = [1, 2, 3].map((k): Metric => ({ ...groupRecall(k), family: 'group of six' }));

/** The mean that CIRR's leaderboard is sorted by. */
const average: Metric = {
  key: 'mean_recall_at5_group_recall_at1',
  label: 'Avg.',
  of: (ranks) => (recall(5).of(ranks) + groupRecall(1).of(ranks)) / 2,
};

/** CLIP4Cir keeps the best model by each of three means over the seven recalls. */
const recalls: MetricKey[] = [...inGroup, ...inGallery].map(({ key }) => key);
const meanOf = (name: string, of: (values: readonly number[]) => number): Criterion => ({
  name,
  label: `the ${name} mean of the seven recalls`,
  of: (scores: Scores) => of(recalls.map((key) => scores[key])),
});
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** CIRR's protocol, as in CLIP4Cir's `compute_cirr_val_metrics`. */
export const cirr: Protocol = {
  name: 'cirr',
  description:
    'Every query is ranked against all images of the split but its reference; Rs@k is the recall among the five ' +
    'other images of its group of look-alikes, and Avg. the mean of R@5 and Rs@1.',
  metrics: [...inGallery, ...inGroup, average],
  headline: ['recall_at1', 'recall_at5', 'recall_at50', 'group_recall_at1'],
  parts: byCategory(),
  ranksOtherSplits: false,
  removesReference: true,
  ranksGroup: true,
  depth: 50,
  // The last two means are 0 where a recall is 0: log(0) is -Infinity, 1 / 0 is Infinity.
  criteria: [
    meanOf('arithmetic', (values) => sum(values) / values.length),
    meanOf('harmonic', (values) => values.length / sum(values.map((value) => 1 / value))),
    meanOf('geometric', (values) => Math.exp(sum(values.map(Math.log)) / values.length)),
  ],
};
