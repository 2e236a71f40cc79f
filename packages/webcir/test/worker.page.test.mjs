// A whole visit, with what a bundler makes of the built package: weights come once, into the page's own storage, and a
// worker searches with them. Bytes are counted at the server.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../../../scripts/lib/visits.mjs';
import { startFileServer } from '../../retrieval/test/file-server.ts';

const packages = join(import.meta.dirname, '../..');
const clip = readFileSync(join(packages, 'embedded/data/fmnist-clip.safetensors'));
const tokenizer = readFileSync(join(packages, 'clip/assets/clip-vocabulary.txt.gz'));
const sha256 = createHash('sha256').update(clip).digest('hex');

const source = `
  import { loadInWorker } from 'webcir/worker';

  globalThis.visit = async (clip, isEncoding) => {
    const progress = [];
    const onProgress = ({ loaded }) => progress.push(loaded);
    const tokenizer = { stored: 'tokenizer.gz' };
    const retriever = await loadInWorker({ clip: { ...clip, onProgress }, tokenizer });
    async function* images() {
      for (const shade of [30, 120, 220]) {
        const canvas = new OffscreenCanvas(28, 28);
        const context = canvas.getContext('2d');
        context.fillStyle = \`rgb(\${shade}, \${shade}, \${shade})\`;
        context.fillRect(4, 4, 20, 20);
        yield [String(shade), await canvas.convertToBlob({ type: 'image/png' })];
      }
    }
    const features = Float32Array.from({ length: 3 * retriever.config.embedDim }, (_, i) => Math.sin(i));
    const gallery = isEncoding
      ? await retriever.index(images())
      : await retriever.restore(['30', '120', '220'], features);
    const found = await retriever.search(gallery, { image: '120', text: 'is darker', k: 3 });
    await retriever.dispose();
    return { found, loaded: progress.at(-1) };
  };
`;

const folder = mkdtempSync(join(tmpdir(), 'webcir-visit-'));
const files = new Map();
let browser;
let server;
let profile;
beforeAll(async () => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(packages, 'webcir'), join(folder, 'node_modules/webcir'));
  writeFileSync(join(folder, 'main.js'), source);
  writeFileSync(join(folder, 'index.html'), '<script type="module" src="/main.js"></script>');
  const { output } = await build({ root: folder, logLevel: 'error', build: { write: false, target: 'es2022' } });
  for (const { fileName, code, source } of output) files.set(`/${fileName}`, Buffer.from(code ?? source));
  server = await startFileServer((path) => {
    if (path === '/clip.safetensors') return { bytes: clip, etag: '"clip"' };
    if (path === '/tokenizer.gz') return { bytes: tokenizer, etag: '"tokenizer"' };
    const bytes = files.get(path === '/' ? '/index.html' : path);
    return bytes && { bytes, type: path.endsWith('.js') ? 'text/javascript' : 'text/html' };
  });
  browser = await launchBrowser();
  profile = await browser.newContext();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true });
});

/** Bytes of the weights and the tokenizer that a visit takes, and what came of it. */
async function visit(clip, isEncoding = true) {
  const before = server.sent.length;
  const tab = await profile.newPage();
  await tab.goto(`${server.url}/`);
  await tab.waitForFunction(() => 'visit' in globalThis);
  const result = await tab.evaluate(([clip, isEncoding]) => globalThis.visit(clip, isEncoding), [clip, isEncoding]);
  await tab.close();
  const sent = server.sent.slice(before).filter(({ path }) => ['/clip.safetensors', '/tokenizer.gz'].includes(path));
  return { ...result, bytes: sent.reduce((sum, { bytes }) => sum + bytes, 0), requests: sent.length };
}

it('a page that searches in a worker loads some kilobytes itself', () => {
  const html = files.get('/index.html').toString();
  const [, entry] = /src="([^"]+\.js)"/.exec(html);
  expect(gzipSync(files.get(entry)).length).toBeLessThan(5_000);
});

it('a visit downloads each byte once, and the next one none', async () => {
  const weights = { stored: 'clip.safetensors', sha256 };
  const first = await visit(weights);
  expect(first.found.map(({ rank }) => rank)).toEqual([1, 2, 3]);
  expect(first).toMatchObject({ loaded: clip.length, bytes: clip.length + tokenizer.length, requests: 2 });
  const second = await visit(weights);
  expect(second.found).toEqual(first.found);
  // The tokenizer has no checksum: the server is asked whether it has another.
  expect(second).toMatchObject({ loaded: clip.length, bytes: 0, requests: 1 });
});

it('ranges bring what is needed, once: no image encoder for a gallery that is restored', async () => {
  const header = JSON.parse(clip.subarray(8, 8 + Number(clip.readBigUInt64LE(0))).toString());
  const bytesOf = (isMeant) =>
    Object.entries(header)
      .filter(([name]) => isMeant(name))
      .reduce((sum, [, { data_offsets: [from, to] = [0, 0] }]) => sum + to - from, 0);
  const images = bytesOf((name) => name.startsWith('visual.'));
  const table = bytesOf((name) => name === 'token_embedding.weight');
  expect(images).toBeGreaterThan(clip.length / 3);
  const restored = await visit({ ranges: 'clip.safetensors' }, false);
  expect(restored.found.length).toBe(3);
  // The first 16 KiB come with the header, and rows that lie close together with what is between them.
  expect(restored.bytes).toBeLessThan(clip.length - images - table / 2 + 2 ** 14);
  expect(restored.requests).toBeLessThan(12);
  const encoded = await visit({ ranges: 'clip.safetensors' });
  expect(encoded.found.length).toBe(3);
  expect(encoded.bytes).toBeLessThan(clip.length);
  expect(encoded.bytes).toBeGreaterThan(restored.bytes + images - 2 ** 14);
});
