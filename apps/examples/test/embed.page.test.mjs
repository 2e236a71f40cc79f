// docs/embed.md as a stranger follows it, from an empty folder on: every block is run as it stands.
import { spawn } from 'node:child_process';
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compressImage, openClipModel } from '@webcir/clip/node';
import * as embedded from '@webcir/embedded';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canvasArguments } from '../../../scripts/lib/browser.mjs';
import { packAll } from '../../../scripts/lib/packed.mjs';
import { launchBrowser } from '../../../scripts/lib/visits.mjs';
import { onnxEncoder } from '../src/onnx/models/encoder.ts';
import { fileOf, guideBlocks, lendHosts, runShell } from './guide.mjs';
import { serve } from './site.mjs';

const blocks = guideBlocks();
const isCommand = ({ language }) => language === 'sh';
const isServer = ({ code }) => code.trim() === 'npx vite';
const isFragment = (block) => block.language === 'js' && fileOf(block) === undefined;

const scratch = mkdtempSync(join(tmpdir(), 'webcir-embed-'));
const folder = join(scratch, 'search');
let tarballs;
let browser;
beforeAll(async () => {
  mkdirSync(folder);
  tarballs = await packAll(scratch);
  browser = await launchBrowser(canvasArguments);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  rmSync(scratch, { recursive: true });
});

/** A page, every error that its visitor could see, and what it logs. */
async function openPage() {
  const page = await browser.newPage();
  page.setDefaultTimeout(40_000);
  const [problems, lines] = [[], []];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
    if (message.type() === 'log') lines.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  return { page, problems, lines };
}

it('has a block of every kind that the tests run, and none of another', () => {
  expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'html', 'js']));
  expect(blocks.filter((block) => block.language === 'html').map(fileOf)).toEqual(['index.html']);
});

it('leads from an empty folder to a search', async () => {
  const part = blocks.filter(({ heading }) => heading === 'Five minutes');
  for (const block of part.filter((block) => isCommand(block) && !isServer(block)))
    await runShell(block, folder, tarballs);
  for (const block of part.filter(fileOf)) writeFileSync(join(folder, fileOf(block)), block.code);
  const [command, ...words] = part.find(isServer).code.trim().split(' ');
  // In a group of its own: npx starts a shell, and that starts vite.
  const server = spawn(command, [...words, '--host', '127.0.0.1', '--port', '0'], { cwd: folder, detached: true });
  try {
    const address = await new Promise((resolve, reject) => {
      let output = '';
      const listen = (text) => {
        output += text;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(output.replaceAll(/\x1b\[\d+m/g, ''));
        if (found) resolve(found[0]);
      };
      server.stdout.on('data', listen);
      server.stderr.on('data', listen);
      server.on('exit', (code) => reject(new Error(`npx vite ended with ${code}: ${output}`)));
    });
    const { page, problems } = await openPage();
    await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
    await page.goto(address);
    const found = page.locator('#found canvas');
    await found.first().waitFor();
    const ids = () => found.evaluateAll((canvases) => canvases.map(({ id }) => id));
    const first = await ids();
    expect(first).toHaveLength(8);
    await page.fill('#text', 'is lighter and has no sleeves');
    await page.click('button');
    await expect.poll(ids).not.toEqual(first);
    expect(problems).toEqual([]);
    await page.close();
  } finally {
    process.kill(-server.pid);
  }
});

describe('the other parts', () => {
  let site;
  let visit;
  const fragments = blocks.filter(isFragment);
  beforeAll(async () => {
    const mirror = await startMirror();
    const env = { HF_ENDPOINT: mirror.url };
    for (const block of blocks.filter((block) => isCommand(block) && block.heading !== 'Five minutes'))
      await runShell(block, folder, tarballs, env);
    await mirror.close();
    lendHosts(folder);
    mkdirSync(join(folder, 'blocks'));
    for (const [i, { code }] of fragments.entries()) writeFileSync(join(folder, `blocks/${i}.js`), asFunction(code));
    writeFileSync(join(folder, 'blocks.html'), pageOfBlocks(fragments.length));
    const { output } = await build({
      root: folder,
      logLevel: 'error',
      build: { write: false, target: 'es2022', rollupOptions: { input: join(folder, 'blocks.html') } },
    });
    const photo = { width: 40, height: 56, channels: 3, data: new Uint8Array(40 * 56 * 3).fill(90) };
    const files = new Map(output.map(({ fileName, code, source }) => [`/${fileName}`, Buffer.from(code ?? source)]));
    files.set('/photo.png', await compressImage(photo, { format: 'png' }));
    files.set('/encoder.onnx', Buffer.from(await onnxEncoder(await openClipModel(embedded.clip.pathname))));
    for (const name of ['clip.safetensors', 'light.safetensors'])
      files.set(`/${name}`, readFileSync(join(folder, 'public', name)));
    site = await serve(files);
    visit = await openPage();
    await visit.page.goto(`${site.url}/blocks.html`);
    const file = { name: 'photo.png', mimeType: 'image/png', buffer: files.get('/photo.png') };
    await visit.page.setInputFiles('[type=file]', [file, { ...file, name: 'other.png' }]);
    await visit.page.evaluate(() => globalThis.given);
  }, 120_000);
  afterAll(async () => {
    await site?.close();
  });

  it.each(fragments.map(({ heading }, i) => [heading, i]))(
    '%s: block %i runs, to the output that it shows',
    async (_, i) => {
      const isLast = i === fragments.length - 1;
      if (isLast) {
        const hosts = fragments.filter(
          ({ code }) => /Retriever\.load/.test(code) && !/Retriever.* from 'webcir'/.test(code),
        );
        await crash(
          visit,
          hosts.findIndex(({ code }) => code.includes('WebGPUEngine')),
        );
      }
      await visit.page.evaluate((i) => globalThis.run(i), i);
      expect(visit.problems.splice(0)).toEqual([]);
      const shown = [...fragments[i].code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line);
      if (shown.length > 0) expect(visit.lines).toEqual(shown);
      visit.lines.length = 0;
    },
  );
});

/** Takes the devices away, as the guide's `lost` waits for. A search on the next one finds the same. */
async function crash({ page, problems }, babylon) {
  const search = () => page.evaluate(() => globalThis.retriever.search(globalThis.gallery, { text: 'a dress' }));
  const before = await search();
  await page.evaluate((i) => {
    globalThis.lostDevice = globalThis.loaded[i].device;
  }, babylon);
  const session = await browser.newBrowserCDPSession();
  await session.send('Browser.crashGpuProcess');
  await page.evaluate(() => globalThis.retriever.device.gpu.lost.then(() => {}));
  await expect.poll(() => search().catch(({ message }) => message), { timeout: 20_000 }).toEqual(before);
  const isMoved = () => page.evaluate((i) => globalThis.loaded[i].device !== globalThis.lostDevice, babylon);
  await expect.poll(isMoved, { timeout: 20_000 }).toBe(true);
  problems.length = 0; // the other libraries have theirs to say
}

/** A block as a module that exports it: bundlers do not agree on when a module that waits is done. */
function asFunction(code) {
  const imports = code.match(/^import .*$/gm) ?? [];
  return `${imports.join('\n')}\nexport default async () => {\n${code.replaceAll(/^import .*$/gm, '')}};\n`;
}

/** What the blocks take for granted, by the names that they use. */
function pageOfBlocks(count) {
  const imports = Array.from({ length: count }, (_, i) => `() => import('./blocks/${i}.js')`);
  return `<!doctype html>
<canvas width="64" height="64"></canvas><video muted></video><input type="file" multiple />
<script type="module">
  import tokenizer from '@webcir/clip/assets/clip-vocabulary.txt.gz?url';
  import clip from '@webcir/embedded/data/fmnist-clip.safetensors?url';
  import { Retriever, requiredFeatures, requiredLimits } from 'webcir';

  const blocks = [${imports}];
  globalThis.run = async (i) => (await blocks[i]()).default();
  globalThis.given = (async () => {
    const adapter = await navigator.gpu.requestAdapter();
    const asked = { requiredFeatures: requiredFeatures(adapter), requiredLimits: requiredLimits(adapter) };
    const device = await adapter.requestDevice(asked);
    const retriever = await Retriever.load({ clip, tokenizer, device });
    const canvas = document.querySelector('canvas');
    const pen = canvas.getContext('2d');
    const images = [];
    for (let i = 0; i < 6; i++) {
      pen.fillStyle = \`hsl(\${60 * i} 50% \${20 + 10 * i}%)\`;
      pen.fillRect(4 * i, 0, 32, 64);
      images.push([\`image \${i}\`, await createImageBitmap(canvas)]);
    }
    const gallery = await retriever.index(images);
    const video = document.querySelector('video');
    video.srcObject = canvas.captureStream();
    pen.fillRect(0, 0, 64, 64);
    await video.play();
    const pixels = new Float32Array(3 * 32 * 32).fill(0.5);
    Object.assign(globalThis, {
      adapter, device, retriever, gallery, clip, tokenizer, pixels, requiredFeatures, requiredLimits,
    });
    globalThis.loaded = []; // by the blocks that do not import it
    const load = async (options) => {
      const made = await Retriever.load(options);
      globalThis.loaded.push(made);
      return made;
    };
    globalThis.Retriever = { load };
    // A fresh one each time: a canvas has one kind of context for good.
    Object.defineProperty(globalThis, 'canvas', { get: () => document.createElement('canvas') });
  })();
</script>`;
}

/** A mirror of Hugging Face that has the small CLIP under every name. */
async function startMirror() {
  const file = embedded.clip.pathname;
  const server = createServer(({ url, method }, response) => {
    if (!url.endsWith('/resolve/main/model.safetensors')) return response.writeHead(404).end();
    response.writeHead(200, { 'content-length': statSync(file).size });
    return method === 'HEAD' ? response.end() : createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
