// Runs what docs/scale.md shows: its first commands, and its code on the store that they make.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf } from './docs-blocks.ts';
import { writePhotos } from './photos.ts';
import { cli, environmentIn, runIn } from './run-cli.ts';

const blocks = await blocksOf('scale.md');
const blockOf = (wanted: string): string => blocks.find(({ language }) => language === wanted)!.code;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-docs-'));
  await writePhotos(join(folder, 'photos'), 12, (i) => (i === 0 ? 'dress.png' : `${i}.jpg`));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('has commands that find something, and code that does', async () => {
  const commands = `set -e; npx() { shift; ${process.execPath} ${cli} "$@"; }\n${blockOf('sh')}`;
  const { stdout } = await promisify(execFile)('bash', ['-c', commands], { cwd: folder, env: environmentIn(folder) });
  expect(stdout).toContain('12 images encoded, 12 in store');
  expect(stdout.match(/^ {2}1 {2}0\.\d{4} {2}\w+\.\w+$/gm)).toHaveLength(1); // the filter of the other lets none pass
  expect(stdout).toContain('Nothing fits.');

  await mkdir(join(folder, 'node_modules'));
  await symlink(join(import.meta.dirname, '..'), join(folder, 'node_modules/webcir'));
  const shown = 'console.log(JSON.stringify({ found, next, cheap, alike }));';
  await writeFile(join(folder, 'example.mjs'), `${blockOf('js')}${shown}`);
  const { code, stdout: printed } = await runIn(folder, join(folder, 'example.mjs'));
  expect(code).toBe(0);
  const { found, next, cheap, alike } = JSON.parse(printed);
  expect(found).toHaveLength(5);
  expect(next).toHaveLength(5);
  expect(new Set([...found, ...next].map(({ id }) => id)).size).toBe(10);
  expect(cheap).toEqual(found);
  expect(alike.map(({ id }: { id: string }) => id)).not.toContain('dress.png');
});
