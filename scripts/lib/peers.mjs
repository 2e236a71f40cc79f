// What `pnpm bench --peers` compares with, installed when it is first asked for.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root, run } from './run.mjs';

const FOLDER = join(root, 'apps/bench/peers');
const LOCKFILE = join(FOLDER, 'pnpm-lock.yaml');
const INSTALLED = join(FOLDER, 'node_modules/installed-lockfile.yaml');
const PEERS = ['tfjs', 'jax', 'onnxruntime', 'usearch'];
// Native modules, which are found when they are loaded.
const NATIVE = ['webgpu', 'onnxruntime-node', 'usearch'];

/**
 * Installs the peers as their lockfile has them, if they are not, and bundles their scripts into apps/bench/peers/dist.
 * Throws an error that says why they cannot be had.
 *
 * @param {(line: string) => void} say gets one line before something is installed
 */
export async function ensurePeers(say = console.error) {
  const wanted = readFileSync(LOCKFILE, 'utf8');
  if (!existsSync(INSTALLED) || readFileSync(INSTALLED, 'utf8') !== wanted) {
    const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    say('Installing the peers into apps/bench/peers (npm packages, 510 MB)');
    const args = ['--yes', packageManager, 'install', '--frozen-lockfile', '--ignore-scripts', '--prefer-offline'];
    const { code, output } = await run('npx', args, { cwd: FOLDER, timeoutMs: 10 * 60_000 });
    if (code !== 0)
      throw new Error(`the peers could not be installed: ${output.trim().split('\n').slice(-3).join(' ')}`);
    writeFileSync(INSTALLED, wanted);
  }
  await build({
    entryPoints: PEERS.map((name) => join(FOLDER, `${name}.mjs`)),
    outdir: join(FOLDER, 'dist'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    mainFields: ['module', 'main'],
    conditions: ['webcir-source'],
    external: NATIVE,
    loader: { '.wgsl': 'text' },
    // CommonJS inside of the bundles asks for Node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}
