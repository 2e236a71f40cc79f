// `webcir serve` as its users start it, over a store of embedded images.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { adapterEnvironment } from '../lib/adapter.mjs';
import { expectSuccess } from '../lib/packed.mjs';
import { root } from '../lib/run.mjs';

const cli = join(root, 'packages/webcir/dist/cli.js');

/**
 * Makes a store of the images of the test split.
 * @returns {Promise<{ folder: string, store: string, ids: string[], texts: string[], remove(): void }>}
 */
export async function makeStore() {
  const { openEmbeddedFromPackage } = await import('../../packages/data/dist/node.js');
  const { compressImage } = await import('../../packages/clip/dist/node.js');
  const folder = mkdtempSync(join(tmpdir(), 'serve-load-'));
  mkdirSync(join(folder, 'images'));
  const embedded = await openEmbeddedFromPackage();
  const images = embedded.gallery('test', 'dress');
  for (const id of images)
    writeFileSync(
      join(folder, 'images', `${id}.png`),
      await compressImage(await embedded.image(id), { format: 'png' }),
    );
  const store = join(folder, 'store');
  await expectSuccess(
    process.execPath,
    [cli, 'index', join(folder, 'images'), '--into', store],
    folder,
    adapterEnvironment(),
  );
  const texts = embedded.triplets('test', 'dress').flatMap(({ captions }) => captions);
  const remove = () => rmSync(folder, { recursive: true });
  return { folder, store, ids: images.map((id) => `${id}.png`), texts: [...new Set(texts)], remove };
}

/**
 * Starts the command.
 * @returns {Promise<{ address: string, memory(): number, stop(): Promise<void> }>} memory in bytes that lie in RAM
 */
export async function startService(store, ...options) {
  const child = spawn(process.execPath, [cli, 'serve', '--store', store, '--port', '0', ...options], {
    env: { ...process.env, ...adapterEnvironment() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const lines = createInterface(child.stdout);
  const address = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const { address } = JSON.parse(line);
      if (address) resolve(address);
    });
    ended.then((code) => reject(new Error(`webcir serve ended with ${code}`)));
  });
  return {
    address,
    memory: () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]),
    stop: async () => {
      child.kill('SIGTERM');
      const code = await ended;
      if (code !== 0) throw new Error(`webcir serve ended with ${code}`);
    },
  };
}
