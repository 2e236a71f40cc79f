// Each example in Chromium, as a visitor has it: what it finds is what a search in Node finds, on one device.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compressImage } from '@webcir/clip/node';
import { openEmbedded } from '@webcir/data';
import * as embedded from '@webcir/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage, Retriever } from 'webcir/node';
import { canvasArguments } from '../../../scripts/lib/browser.mjs';
import { run } from '../../../scripts/lib/run.mjs';
import { launchBrowser } from '../../../scripts/lib/visits.mjs';
import { firstCombiner } from '../src/onnx/models/combiner.ts';
import { bundled, serve } from './site.mjs';
import { readWords, watchDevices } from './watch-device.mjs';

const source = join(import.meta.dirname, '../src');
const text = 'is darker and has long sleeves';
const photos = new Map();
/** Each photo's grey levels, centred. */
const levels = new Map();
let site;
let browser;
let retriever;
let gallery;
beforeAll(async () => {
  const set = await openEmbedded({
    images: await readFile(embedded.images),
    annotations: await readFile(embedded.annotations),
  });
  for (const id of set.gallery('test', 'dress').slice(0, 60)) {
    const photo = await set.image(id);
    photos.set(id, photo);
    levels.set(id, centred([...photo.data].filter((_, i) => i % 3 === 0)));
  }
  retriever = await Retriever.load({ autotune: false });
  gallery = await retriever.index(photos);
  site = await serve(await bundled(source, ['canvas/index.html', 'three/index.html', 'onnx/index.html']));
  browser = await launchBrowser(canvasArguments);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await gallery?.dispose();
  await retriever?.dispose();
});

/** Opens an example. `problems` gets every error that a visitor could see in the console. */
async function open(name) {
  const page = await browser.newPage({ viewport: { width: 900, height: 720 } });
  page.setDefaultTimeout(30_000);
  const problems = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.addInitScript(watchDevices);
  await page.goto(`${site.url}/${name}/`);
  return { page, problems };
}

/** @param found with ids and scores as the page has them */
function expectFound(found, expected) {
  expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  for (const [i, { score }] of expected.entries()) expect(found[i].score).toBeCloseTo(score, 4);
}

/** The images that a page shows. */
async function shown(page) {
  await page.locator('#found figure').first().waitFor();
  return page.$$eval('#found figure', (figures) =>
    figures.map(({ dataset }) => ({ id: dataset.id, score: Number(dataset.score) })),
  );
}

async function expectCalm({ page, problems }) {
  const { devices, errors } = await page.evaluate(() => ({
    devices: globalThis.watched.devices.length,
    errors: globalThis.watched.errors,
  }));
  expect([...problems, ...errors]).toEqual([]);
  expect(devices).toBe(1);
  await page.close();
}

describe('an example', () => {
  it.each(readdirSync(source).filter((name) => !name.includes('.')))('%s has at most 80 lines of its own', (name) => {
    const files = readdirSync(join(source, name)).filter((file) => file.includes('.'));
    const lines = files.flatMap((file) =>
      readFileSync(join(source, name, file), 'utf8')
        .trimEnd()
        .split('\n'),
    );
    expect(files.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(name === 'node' ? 10 : 80);
  });
});

describe('node', () => {
  it('prints what it finds in a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'webcir-images-'));
    for (const id of gallery.ids.slice(0, 6))
      writeFileSync(join(folder, `${id}.png`), await compressImage(photos.get(id), { format: 'png' }));
    const { code, stdout, output } = await run(process.execPath, [join(source, 'node/search.mjs'), folder, text]);
    rmSync(folder, { recursive: true });
    expect(code, output).toBe(0);
    const table = stdout.toString();
    const few = await retriever.index([...photos].slice(0, 6));
    const expected = await retriever.search(few, { image: few.ids[0], text, k: 5 });
    await few.dispose();
    expect(table.match(/t10k-\d+/g)).toEqual(expected.map(({ id }) => id));
  });
});

describe('canvas', () => {
  it('finds what fits the drawing, a click takes a result as the next reference', async () => {
    const visit = await open('canvas');
    const { page } = visit;
    const drawing = async () => {
      const address = await page.$eval('#reference', (canvas) => canvas.toDataURL());
      return new Blob([Buffer.from(address.split(',')[1], 'base64')]);
    };
    const first = await shown(page);
    expectFound(first, await retriever.search(gallery, { image: await drawing(), text, k: 12 }));
    await page.locator('#found figure').nth(3).click();
    await page.mouse.move(200, 250);
    await page.mouse.down();
    await page.mouse.move(230, 260);
    await page.mouse.up();
    const next = await drawing();
    await page.fill('[type=text]', 'is lighter');
    await page.click('button');
    const expected = await retriever.search(gallery, { image: next, text: 'is lighter', k: 12 });
    await page.locator(`#found figure:first-child[data-id="${expected[0].id}"]`).waitFor();
    expectFound(await shown(page), expected);
    await expectCalm(visit);
  });
});

describe('onnx', () => {
  it("finds with ONNX Runtime's feature what our own image encoder finds", async () => {
    const combiner = firstCombiner(retriever.config.embedDim);
    const composed = await Retriever.load({ combiner, device: retriever.device });
    const expected = await composed.search(gallery, { image: gallery.ids[0], text, k: 12 });
    await composed.dispose();
    const visit = await open('onnx');
    expectFound(await shown(visit.page), expected);
    await expectCalm(visit);
  });
});

describe('three', () => {
  it('draws what the search finds, which has not left the device', async () => {
    const visit = await open('three');
    const { page } = visit;
    const rows = () => page.evaluate(readWords, { label: 'found', count: 8 });
    const searchedFor = async (query) => {
      const expected = (await retriever.search(gallery, { ...query, k: 8 })).map(({ id }) => id);
      await page.waitForFunction(() => globalThis.watched.buffers.has('found'));
      await expect
        .poll(async () => (await rows()).map((row) => gallery.ids[row]), { timeout: 20_000 })
        .toEqual(expected);
      await expect.poll(() => drawnPhotos(page), { timeout: 20_000 }).toEqual(expected);
    };
    await searchedFor({ image: gallery.ids[0], text });
    await page.evaluate(() => globalThis.watched.read.splice(0));
    await page.fill('[type=text]', 'is lighter');
    await page.locator('#scene').click({ position: { x: 300, y: 110 } });
    await searchedFor({ image: gallery.ids[16], text: 'is lighter' });
    const read = await page.evaluate(() => globalThis.watched.read);
    expect(read.filter((label) => label !== 'test')).toEqual([]);
    await expectCalm(visit);
  });
});

/** The photos that stand in front of the wall, each the one that looks most like what is drawn there. */
async function drawnPhotos(page) {
  const { width, height, channels, data } = await decodeImage(await page.locator('#scene').screenshot());
  // The camera and the quads of src/three/main.ts: pixels for a unit of length at their distance. The border takes one.
  const scale = (height / 2 - 1) / Math.tan(Math.PI / 8) / (8.4 - 2);
  const level = (x, y) =>
    data[channels * (Math.floor(height / 2 + scale * y) * width + Math.floor(width / 2 + scale * x))];
  return Array.from({ length: 8 }, (_, rank) => {
    const drawn = centred(
      Array.from({ length: 28 * 28 }, (_, i) => {
        const at = (place) => 0.95 * ((place + 0.5) / 28 - 0.5);
        return level(rank - 3.5 + at(i % 28), 2.5 - 0.7 + at(Math.floor(i / 28)));
      }),
    );
    const likeness = new Map(
      [...levels].map(([id, photo]) => [id, photo.reduce((sum, v, i) => sum + v * drawn[i], 0)]),
    );
    return gallery.ids.reduce((best, id) => (likeness.get(id) > likeness.get(best) ? id : best));
  });
}

/** Values with a mean of 0 and a length of 1. */
function centred(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const length = Math.hypot(...values.map((value) => value - mean));
  return values.map((value) => (value - mean) / length);
}
