// Trains with each option and without over several seeds, evaluates the fusions that need no training on the same
// CLIPs, and prints what each changes, with intervals. What is done stays: a second call goes on where the first stopped.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ranksFile, readRanks } from '../../packages/eval/dist/node.js';
import { root } from '../lib/run.mjs';
import { table } from './table.mjs';
import { needsGroups, paper, trained, untrained } from './variants.mjs';

const USAGE = `usage: node scripts/options/options.mjs [options]   (build first)
  --dataset NAME        an embedded data set (default: fmnist-cir)
  --clip-model-path F   the CLIP to start from (default: the small one of the data set)
  --seeds LIST          (default: 1,2,3)
  --only LIST           some of ${[...Object.keys(trained), ...Object.keys(untrained)].join(', ')}
  --out FOLDER          where the runs go (default: runs/options)
  --table               runs nothing: shows what is done`;

const { values: options } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'fmnist-cir' },
    'clip-model-path': { type: 'string' },
    seeds: { type: 'string', default: '1,2,3' },
    only: { type: 'string' },
    out: { type: 'string', default: 'runs/options' },
    table: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(USAGE);
else await measure();

async function measure() {
  const { dataset } = options;
  const out = resolve(options.out, dataset);
  const seeds = options.seeds.split(',').map(Number);
  const wanted = options.only?.split(',') ?? [...Object.keys(trained), ...Object.keys(untrained)];
  const hasGroups = dataset !== 'fmnist-cir';
  const names = new Set([paper, ...wanted.filter((name) => hasGroups || !needsGroups.includes(name))]);
  await mkdir(out, { recursive: true });
  const clip = options['clip-model-path'] ? ['--clip-model-path', resolve(options['clip-model-path'])] : [];
  const runOf = (name, seed) => join(out, `${name}-${seed}`);
  const ranksOf = (name, seed) => join(out, `${name}-${seed}.json`);

  if (!options.table) {
    // Seed by seed, so that every option has something to show early.
    for (const seed of seeds) {
      for (const name of Object.keys(trained).filter((known) => names.has(known))) {
        const run = runOf(name, seed);
        if (existsSync(join(run, ranksFile))) continue;
        const where = [...clip, '--out', out, '--name', `${name}-${seed}`, '--seed', `${seed}`];
        const fresh = ['--dataset', dataset, '--recipe', 'clip4cir', ...where, ...trained[name]];
        await webcir('train', ...(existsSync(join(run, 'config.json')) ? ['--resume', run] : fresh));
      }
      for (const name of Object.keys(untrained).filter((known) => names.has(known))) {
        const file = ranksOf(name, seed);
        if (existsSync(file)) continue;
        await webcir('eval', '--run', runOf(paper, seed), ...untrained[name], '--ranks', '--json', file);
      }
    }
  }
  const base = await Promise.all(seeds.map((seed) => readRanks(runOf(paper, seed))));
  const [{ protocol }] = base;
  const rows = [];
  for (const name of names) {
    const runs = await Promise.all(seeds.map((seed) => ranksFrom(name, seed)));
    if (runs.every((run) => run !== undefined)) rows.push({ name, runs });
  }
  console.log(table(protocol, base, rows));

  async function ranksFrom(name, seed) {
    if (name in trained) {
      return existsSync(join(runOf(name, seed), ranksFile)) ? (await readRanks(runOf(name, seed))).methods : undefined;
    }
    if (!existsSync(ranksOf(name, seed))) return undefined;
    const [{ ranks }] = JSON.parse(await readFile(ranksOf(name, seed), 'utf8')).results;
    // On the CLIP that stage 1 has tuned: compared with the plain sum there.
    return { 'sum-stage1': ranks };
  }
}

/** Runs the command; ends this process where it fails. */
async function webcir(...args) {
  console.error(`webcir ${args.join(' ')}`);
  const child = spawn(process.execPath, [join(root, 'packages/webcir/dist/cli.js'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((done) => child.on('exit', done));
  if (code === 0) return;
  console.error(`webcir ${args[0]} failed`);
  process.exit(1);
}
