// Packs the bench with all that it needs on a Linux machine with x64 processors and nothing but a Vulkan driver: no
// network, no Node, no packages. The archive is what travels; it unpacks into one folder with a command `bench` in it.
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root, run } from './lib/run.mjs';

const USAGE = `usage: node scripts/pack-bench.mjs [--out FILE]

Packs this Node, Dawn and the bench into one archive (default: bench-results/webcir-bench-linux-x64.tar.gz), of at most
60 MB: the limit is on the archive. Unpacked, webcir-bench/bench runs what \`pnpm bench\` does, but for --browser; of
the peers, --peers and --goals find PyTorch where a python3 has it.`;
const MAX_BYTES = 60e6;
const NAME = 'webcir-bench';

try {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join(root, 'bench-results/webcir-bench-linux-x64.tar.gz') },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) console.log(USAGE);
  else await pack(resolve(values.out));
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}

async function pack(archive) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `the archive is for linux x64, whose Node it takes along; this is ${process.platform} ${process.arch}`,
    );
  }
  const scratch = mkdtempSync(join(tmpdir(), 'pack-bench-'));
  try {
    await fill(join(scratch, NAME));
    mkdirSync(dirname(archive), { recursive: true });
    const { code, output } = await run('tar', ['-I', 'gzip -1', '-cf', archive, '-C', scratch, NAME]);
    if (code !== 0) throw new Error(`tar failed: ${output.trim()}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const { size } = statSync(archive);
  if (size > MAX_BYTES) {
    rmSync(archive);
    throw new Error(`the archive would have ${size / 1e6} MB, at most ${MAX_BYTES / 1e6} MB are wanted`);
  }
  console.log(`${archive}: ${(size / 1e6).toFixed(1)} MB`);
}

async function fill(folder) {
  await build({
    entryPoints: [join(root, 'apps/bench/src/cli.ts')],
    outfile: join(folder, 'dist/cli.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    conditions: ['webcir-source'],
    external: ['webgpu'],
    loader: { '.wgsl': 'text' },
    logLevel: 'warning',
  });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  mkdirSync(join(folder, 'peers'));
  copyFileSync(join(root, 'apps/bench/peers/torch_peer.py'), join(folder, 'peers/torch_peer.py'));
  copyFileSync(process.execPath, join(folder, 'node'));

  const dawn = dirname(createRequire(join(root, 'packages/kernels/package.json')).resolve('webgpu'));
  const copy = join(folder, 'node_modules/webgpu');
  mkdirSync(join(copy, 'dist/linux-x64'), { recursive: true });
  for (const file of ['package.json', 'index.js', 'dist/linux-x64/dawn.node']) {
    copyFileSync(join(dawn, file), join(copy, file));
  }

  const start = '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nexec "$here/node" "$here/dist/cli.js" "$@"\n';
  writeFileSync(join(folder, 'bench'), start);
  for (const file of ['bench', 'node']) chmodSync(join(folder, file), 0o755);
}
