// The verdicts, as a table in Markdown.
import { bootstrapDifference, meanRows, meanValues } from '../../packages/eval/dist/index.js';
import { paper } from './variants.mjs';

/** The methods that an option can change, and what their columns say. */
const methods = { 'sum-stage1': 'Sum after stage 1', combiner: 'Combiner' };

/**
 * A row for each option: every headline recall as the mean over the seeds, and its difference from the paper's recipe
 * with the 95 % interval of a paired bootstrap over the queries, each query's value being its mean over the seeds.
 * @param base the runs of the paper's recipe, a seed each
 * @param rows name, the ranks by method for each seed
 */
export function table(protocol, base, rows) {
  const metrics = protocol.metrics.filter(({ key }) => protocol.headline.includes(key));
  const columns = Object.keys(methods).flatMap((method) => metrics.map((metric) => ({ method, metric })));
  const head = ['Option', ...columns.map(({ method, metric }) => `${methods[method]}, ${metric.label}`), 'Verdict'];
  const lines = rows.map(({ name, runs }) => {
    const differences = [];
    const cells = columns.map(({ method, metric }) => {
      if (!runs.every((run) => run[method])) return '–';
      const found = runs.map((ranks) => ({ protocol, methods: ranks }));
      const score = meanRows(found, protocol, method).at(-1)[metric.key].toFixed(1);
      if (name === paper) return score;
      const values = (list) => meanValues(list, method, metric);
      const { difference, low, high } = bootstrapDifference(values(found), values(base), { seed: 1 });
      differences.push({ method, low, high });
      return `${score} (${signed(difference)} [${signed(low)}, ${signed(high)}])`;
    });
    return [name, ...cells, verdict(differences)];
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What the intervals of the last stage say that an option has. */
export function verdict(differences) {
  const last = differences.filter(({ method }) => method === differences.at(-1)?.method);
  if (last.length === 0) return '';
  const helps = last.some(({ low }) => low > 0);
  const hurts = last.some(({ high }) => high < 0);
  if (helps && hurts) return 'helps one recall, hurts another';
  return helps ? 'helps' : hurts ? 'hurts' : 'no difference beyond noise';
}

const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
