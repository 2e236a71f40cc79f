// What `pnpm bench --peers` compares with, installed when it is first asked for.
import { join } from 'node:path';
import { build } from 'esbuild';
import { ensureInstalled } from './on-demand.mjs';
import { root } from './run.mjs';

const FOLDER = join(root, 'apps/bench/peers');
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
  await ensureInstalled('apps/bench/peers', 'the peers (npm packages, 510 MB)', say);
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
