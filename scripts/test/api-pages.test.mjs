import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { apiPages } from '../lib/api-pages.mjs';
import { root } from '../lib/run.mjs';

let pages;
let undocumented;
beforeAll(async () => {
  ({ pages, undocumented } = await apiPages());
}, 60_000);

it('finds a docstring on everything that a package exports', () => {
  expect(undocumented).toEqual([]);
});

it('finds the pages in docs/api as the docstrings are now (pnpm api writes them)', () => {
  const folder = join(root, 'docs/api');
  const kept = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.md'));
  expect(kept.sort()).toEqual([...pages.keys()].sort());
  expect(kept.filter((file) => readFileSync(join(folder, file), 'utf8') !== pages.get(file))).toEqual([]);
});
