import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it('docs/scale.md has the costs that are calculated', () => {
  const printed = execFileSync(process.execPath, [file('scripts/scale-costs.mjs')], { encoding: 'utf8' });
  const docs = readFileSync(file('docs/scale.md'), 'utf8');
  const tables = printed.trim().split('\n\n');
  expect(tables).toHaveLength(3);
  for (const table of tables) expect(docs).toContain(table);
});
