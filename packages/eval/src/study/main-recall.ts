import { recall } from '../metrics.ts';
import type { Metric, Protocol } from '../protocols/protocol.ts';

/** The recall that says whether a query is solved: the first that the protocol quotes, or recall@10 where it has none. */
export const mainRecall = ({ metrics, headline }: Pick<Protocol, 'metrics' | 'headline'>): Metric =>
  metrics.find(({ key }) => key.startsWith('recall_at') && headline.includes(key)) ?? recall(10);
