// The tables of published results: what a reader would check by hand.
import { describe, expect, it } from 'vitest';
import { PUBLISHED_DATASETS, type PublishedRow, publishedTable } from '../../src/compare.ts';
import { protocolNamed } from '../../src/protocols/index.ts';
import { publishedTableSchema } from './schema.ts';

const categories = ['dress', 'shirt', 'toptee'];
const average = 'mean_recall_at5_group_recall_at1';
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The values that are printed for a score: the row's own, and the disputing ones. */
const printed = (row: PublishedRow, category: string, key: string): number[] => [
  row.scores[category][key as 'recall_at1'],
  ...(row.disputed ?? []).filter(({ score }) => score === `${category}.${key}`).map(({ value }) => value),
];

describe.each(PUBLISHED_DATASETS)('published results on %s', (name) => {
  const table = publishedTable(name);
  const label = ({ method, backbone, protocol }: PublishedRow) => `${method} (${backbone}), ${protocol}`;

  it('fits the schema', () => {
    expect(publishedTableSchema.parse(table)).toEqual(table);
    expect(table.dataset).toBe(name);
  });

  it('names a source of the table for every row, and every source for a row', () => {
    const named = table.rows.flatMap(({ source, disputed = [] }) => [source, ...disputed.map((of) => of.source)]);
    expect([...new Set(named)].sort()).toEqual(Object.keys(table.sources).sort());
    for (const row of table.rows) expect(table.sources[row.source].url, label(row)).toMatch(/^https:/);
  });

  it('has no row twice', () => {
    const keys = table.rows.map(({ method, backbone, split, protocol, queryText }) =>
      [method, backbone, split, protocol, queryText].join(),
    );
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  it('has the metrics of its protocols only', () => {
    for (const row of table.rows) {
      const protocol = protocolNamed(row.protocol === 'unknown' ? 'fashioniq-original' : row.protocol);
      const keys = new Set<string>(protocol?.metrics.map((metric) => metric.key));
      for (const scores of Object.values(row.scores)) {
        for (const key of Object.keys(scores)) expect(keys, label(row)).toContain(key);
      }
    }
  });

  it('has averages that agree with their rows, or a dispute that says they do not', () => {
    for (const row of table.rows) {
      const tolerance = row.decimals === 1 ? 0.101 : 0.035;
      const near = (value: number, values: readonly number[]) =>
        expect(Math.min(...values.map((other) => Math.abs(other - value))), label(row)).toBeLessThan(tolerance);
      for (const key of ['recall_at10', 'recall_at50'] as const) {
        if (categories.some((category) => row.scores[category]?.[key] === undefined)) continue;
        near(mean(categories.map((category) => row.scores[category][key])), printed(row, 'mean', key));
      }
      if (row.scores.all?.[average] === undefined) continue;
      const { recall_at5, group_recall_at1 } = row.scores.all;
      near(mean([recall_at5, group_recall_at1]), printed(row, 'all', average));
    }
  });

  it('says of derived and disputed scores what they are', () => {
    for (const row of table.rows) {
      for (const score of [...(row.derived ?? []), ...(row.disputed ?? []).map((dispute) => dispute.score)]) {
        const [category, key] = score.split('.');
        const value = row.scores[category]?.[key as 'recall_at1'];
        expect(value, `${label(row)}: ${score}`).toBeTypeOf('number');
        const others = (row.disputed ?? []).filter((dispute) => dispute.score === score);
        for (const other of others) expect(other.value, `${label(row)}: ${score}`).not.toBe(value);
      }
    }
  });

  it('says on CIRCO, and there alone, what the model read', () => {
    for (const row of table.rows) expect(row.queryText !== undefined, label(row)).toBe(name === 'circo');
  });
});

it('the schema refuses a row without a source, a field that it does not know, and a recall above 100', () => {
  const table = publishedTable('circo');
  const [row, ...rows] = table.rows;
  const withRow = (changed: object) => publishedTableSchema.safeParse({ ...table, rows: [changed, ...rows] });
  const { source: _, ...without } = row;
  expect(withRow(row).success).toBe(true);
  expect(withRow(without).error?.issues[0].path).toEqual(['rows', 0, 'source']);
  expect(withRow({ ...row, sauce: 'x' }).success).toBe(false);
  expect(withRow({ ...row, scores: { all: { map_at5: 101 } } }).success).toBe(false);
});
