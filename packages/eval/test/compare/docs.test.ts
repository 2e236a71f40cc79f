// docs/compare has the tables as `webcir compare --dataset NAME` writes them: vitest with --update writes them again.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import {
  checkClaims,
  compareRuns,
  FORMATS,
  PUBLISHED_DATASETS,
  publishedComparisons,
  publishedTable,
  readMetrics,
} from '../../src/compare.ts';

const path = (name: string) => fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url));

it.each(PUBLISHED_DATASETS)('docs/compare/%s.md has the tables as they are', async (name) => {
  const table = publishedTable(name);
  const text = FORMATS.markdown(publishedComparisons(table), checkClaims(table));
  await expect(text).toMatchFileSnapshot(path(`compare/${name}.md`));
});

it('docs/compare.md links to them, and its example of a metrics file is one', async () => {
  const text = await readFile(path('compare.md'), 'utf8');
  for (const name of PUBLISHED_DATASETS) expect(text).toContain(`(compare/${name}.md)`);
  const [, example] = /```json\n([^`]*)```/.exec(text)!;
  const [run] = readMetrics(example, 'example.json');
  expect(compareRuns(publishedTable(run.dataset), [run])).toMatchObject({ split: 'test1', protocol: 'cirr' });
});

it.each(['TG-CIR', 'DQU-CIR'])('docs/compare.md quotes %s by both protocols', async (method) => {
  const [low, high] = ['fashioniq-original', 'fashioniq-val-split'].map((protocol) => {
    const { rows } = publishedTable('fashioniq');
    return rows.find((row) => row.method === method && row.protocol === protocol)!.scores.mean.recall_at10;
  });
  const words = (await readFile(path('compare.md'), 'utf8')).split(/\s+/).join(' ');
  expect(words).toContain(`${method} ${low.toFixed(2)} and ${high.toFixed(2)}`);
});
