// A visitor's walk through the demo, in Chromium: from the first picture to a crashed GPU.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compressImage } from '@webcir/clip/node';
import { openDataset } from '@webcir/data/node';
import { clip } from '@webcir/embedded-emoji';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Retriever } from 'webcir/node';
import { canvasArguments } from '../../../scripts/lib/browser.mjs';
import { launchBrowser } from '../../../scripts/lib/visits.mjs';
import { watchDevices } from '../../examples/test/watch-device.mjs';
import { buildDemo, serveDemo } from '../scripts/site.mjs';

const SET = 'emoji-cir';
const packs = join(import.meta.dirname, '../public/packs');
const pack = JSON.parse(readFileSync(join(packs, SET, 'pack.json'), 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let folder;
let site;
let browser;
/** Photos as files. */
const photos = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'webcir-demo-'));
  await buildDemo(join(folder, 'site'));
  site = await serveDemo(join(folder, 'site'), { files: new Map([['/own/clip.safetensors', clip]]) });
  const dataset = await openDataset(SET);
  for (const id of dataset.gallery('val').slice(0, 12)) {
    const path = join(folder, `${id}.png`);
    writeFileSync(path, await compressImage(await dataset.image(id), { format: 'png' }));
    photos.push(path);
  }
  browser = await launchBrowser(canvasArguments);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A visit in a new profile. `problems` gets what a visitor could see in the console, and requests to other sites. */
async function visit({ address = '', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!/^(blob:)?http:\/\/localhost:/.test(request.url())) problems.push(`asked for ${request.url()}`);
  });
  await page.addInitScript(watchDevices);
  await page.goto(site.url + address);
  return { context, page, problems };
}

const ready = (page) => page.waitForFunction(() => document.querySelector('#status').textContent.startsWith('Ready'));
/** The ids that a column shows, once it has answered the query at hand. */
const shown = (page, kind) =>
  page.$$eval(`[data-kind="${kind}"] .found li[data-id]`, (items) => items.map(({ dataset }) => dataset.id));
const targetRank = async (page, kind) =>
  Number((await page.locator(`[data-kind="${kind}"] .rank`).textContent()).match(/\d+/)[0]);
/** As `expect.poll`, on machines without a GPU. */
const poll = (value) => expect.poll(value, { timeout: 20_000 });
/** Waits until the results are others than they were. */
async function changed(page, act) {
  const before = (await shown(page, 'composed')).join();
  await act();
  await poll(async () => (await shown(page, 'composed')).join()).not.toBe(before);
}
const addressOf = (change) => `#${new URLSearchParams({ set: SET, ...change })}`;
/** A query with a known answer. */
const [reference, , text] = pack.queries.find(([, , words]) => words.length < 40);

describe('the demo', () => {
  it('finds what a search in Node finds, and says which half of the query did it', async () => {
    const { page, problems, context } = await visit({ address: addressOf({}) });
    await page.locator('.wall .picture').first().waitFor();
    await ready(page);
    await page.locator('.try').first().click();
    await page.locator('.columns li').first().waitFor();
    const asked = new URLSearchParams(new URL(page.url()).hash.slice(1));

    const retriever = await Retriever.load({
      clip: join(packs, SET, 'clip.safetensors'),
      combiner: join(packs, SET, 'combiner.safetensors'),
      autotune: false,
    });
    const features = await page.evaluate(async (name) => {
      const bytes = await (await fetch(`packs/${name}/features.safetensors`)).arrayBuffer();
      return [...new Uint8Array(bytes)];
    }, SET);
    expect(features.length).toBeGreaterThan(1000);
    const dataset = await openDataset(SET);
    const gallery = await retriever.index(
      await Promise.all(pack.ids.slice(0, 64).map(async (id) => [id, await dataset.image(id)])),
    );
    const query = { image: await dataset.image(asked.get('reference')), text: asked.get('text') };
    const few = await retriever.search(gallery, { ...query, k: 64 });
    await gallery.dispose();
    await retriever.dispose();
    const order = (await shown(page, 'composed')).filter((id) => few.some((other) => other.id === id));
    expect(few.filter(({ id }) => order.includes(id)).map(({ id }) => id)).toEqual(order);

    for (const kind of ['image', 'text', 'composed']) {
      expect(await page.locator(`[data-kind="${kind}"] .found li[data-id]`).count()).toBe(50);
      expect(await targetRank(page, kind)).toBeGreaterThan(0);
    }
    expect(await page.locator('.verdict').textContent()).toMatch(/needs both|alone would do|half alone|Not solved/);
    expect(await page.locator('.combiner .bar').count()).toBe(4);
    await poll(() => page.locator('.words .bar').count()).toBe(asked.get('text').split(' ').length);
    expect(await page.locator('.time').textContent()).toMatch(/\d+ ms to encode, \d+ ms to rank 395 pictures/);
    expect(problems).toEqual([]);
    expect(await page.evaluate(() => globalThis.watched.devices.length)).toBe(1); // the map draws on the one that searches
    await context.close();
  });

  it('goes on from a result, marks, and comes back; a link leads to the same place', async () => {
    const { page, problems, context } = await visit({ address: addressOf({ reference: pack.ids[reference], text }) });
    await page.locator('.columns li').first().waitFor();
    const [first] = await shown(page, 'composed');
    await page.locator(`[data-kind="composed"] li[data-id="${first}"] .picture`).click();
    await page.locator('[data-kind="text"] p.soft').waitFor(); // there are no words yet
    await changed(page, () => page.locator('.chips button').first().click());
    expect(await page.locator('.trail li').count()).toBe(2);
    const seen = await shown(page, 'composed');
    const mark = (kind, at) => page.locator('[data-kind="composed"] .found li[data-id]').nth(at).locator(`.${kind}`);
    await changed(page, () => mark('less', 0).click({ force: true }));
    await changed(page, () => mark('more', 5).click({ force: true }));
    expect(await page.locator('.marked button').count()).toBe(2);
    await changed(page, async () => page.locator('#balance').fill('0.6'));

    const link = page.url();
    const other = await visit({ address: new URL(link).hash });
    await other.page.locator('.columns li').first().waitFor();
    expect(await shown(other.page, 'composed')).toEqual(await shown(page, 'composed'));
    await other.context.close();

    for (let i = 0; i < 2; i++) await page.locator('.marked button').first().click();
    await page.locator('#balance').fill('0');
    await poll(() => shown(page, 'composed')).toEqual(seen);
    await changed(page, () => page.locator('.trail li button').first().click());
    expect(await page.locator('#text').inputValue()).toBe(text);
    await changed(page, () => page.goBack());
    expect(problems).toEqual([]);
    await context.close();
  });

  it('tunes on a pick, and takes it back', async () => {
    const { page, problems, context } = await visit({ address: addressOf({ reference: pack.ids[reference], text }) });
    await page.locator('.columns li').first().waitFor();
    const before = await targetRank(page, 'composed');
    const found = await shown(page, 'composed');
    const meant = found[20];
    await page.locator(`[data-kind="composed"] li[data-id="${meant}"] .pick`).click({ force: true });
    await page.locator('.tune li').waitFor();
    expect(await page.locator('.tune .value').textContent()).toBe('rank 21');
    await page.getByRole('button', { name: 'Tune on 1 pick' }).click();
    await page.waitForFunction(() => document.querySelector('.tune .value')?.textContent.includes('→'), undefined, {
      timeout: 40_000,
    });
    const after = Number((await page.locator('.tune .value').textContent()).split('→ ')[1]);
    expect(after).toBeLessThan(10);
    await poll(async () => (await shown(page, 'composed')).indexOf(meant)).toBe(after - 1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await poll(() => shown(page, 'composed')).toEqual(found);
    expect(await targetRank(page, 'composed')).toBe(before);
    expect(problems).toEqual([]);
    await context.close();
  }, 90_000);

  it('takes a picture of the visitor’s, also after a reload and without a network', async () => {
    const { page, problems, context } = await visit({ address: addressOf({ text: 'is darker' }) });
    await ready(page);
    await page.locator('#file').setInputFiles(photos[0]);
    await page.locator('.reference img').waitFor();
    await page.fill('#text', text);
    await poll(() => page.locator('.words .bar').count()).toBe(text.split(' ').length);
    expect((await shown(page, 'image')).length).toBe(50);
    const seen = await shown(page, 'composed');
    const kept = () => page.evaluate(async () => (await (await caches.open('webcir-demo')).keys()).length);
    await poll(kept).toBeGreaterThan(15); // the page's own files, and five of the set
    await context.setOffline(true);
    await page.reload();
    await page.locator('.columns li').first().waitFor();
    expect(await shown(page, 'composed')).toEqual(seen);
    await page.locator('.reference img').waitFor();
    expect(problems).toEqual([]);

    await context.setOffline(false);
    await page.locator('#file').setInputFiles({ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no') });
    await poll(() => page.locator('#notices').textContent()).toContain('notes.png is no picture');
    await context.close();
  });

  it('indexes a visitor’s own pictures and keeps them; where there is no room, it says so', async () => {
    const { page, problems, context } = await visit({ address: addressOf({}) });
    await ready(page);
    const bring = async (files) => {
      await page.getByRole('button', { name: 'Bring your own' }).click();
      await page.locator('#own-files').setInputFiles(files);
    };
    await bring(photos);
    const own = page.getByRole('button', { name: 'Yours' });
    await own.waitFor();
    await ready(page);
    expect(await page.locator('.wall .picture').count()).toBe(photos.length);
    await page.locator('.wall .picture').first().click();
    await page.fill('#text', 'is darker');
    await page.locator('[data-kind="text"] li').first().waitFor();
    expect(await page.locator('[data-kind="composed"] .found li[data-id]').count()).toBe(photos.length - 1);
    const seen = await shown(page, 'composed');
    await page.reload();
    await page.locator('[data-kind="text"] li').first().waitFor();
    expect(await shown(page, 'composed')).toEqual(seen);

    await page.evaluate(() => {
      // As a browser does whose disk is full: a quota that is set from outside is not looked at for so little.
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('The disk is full.', 'QuotaExceededError');
      };
    });
    await page.locator('#file').setInputFiles(photos[1]);
    await page.locator('.reference img').waitFor();
    await poll(() => page.locator('#notices').textContent()).toContain('no room left');
    expect(problems).toEqual([]);
    await context.close();
  });

  it('searches with a visitor’s own CLIP, from an address and from a file', async () => {
    const { page, problems, context } = await visit({ address: addressOf({}) });
    await ready(page);
    const bring = page.getByRole('button', { name: 'Bring your own' });
    await bring.click();
    await page.locator('#own-files').setInputFiles(photos); // few, so that a CLIP encodes them soon
    await page.getByRole('button', { name: 'Yours' }).waitFor();
    await ready(page);
    await page.locator('.wall .picture').first().click();
    await page.fill('#text', 'is darker');
    await page.locator('[data-kind="text"] li').first().waitFor();
    expect(await page.locator('.combiner').count()).toBe(1);

    await bring.click();
    await page.fill('#clip', 'no such thing');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByText('Expected a Hugging Face repository').waitFor();
    await page.fill('#clip', `${site.url}own/clip.safetensors`);
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.locator('.own-dialog').waitFor({ state: 'hidden' });
    await ready(page);
    await page.waitForFunction(() => document.querySelector('.words') && !document.querySelector('.combiner'));
    await bring.click();
    await page.locator('#clip-file').setInputFiles(photos[0]);
    await page
      .getByText(/safetensors/i)
      .last()
      .waitFor();
    expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]); // a CLIP has no configuration beside it
    await context.close();
  });

  it('is used by keyboard alone, and has no serious finding of axe', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { page, problems, context } = await visit({ address: addressOf({}), colorScheme, reducedMotion: 'reduce' });
      await ready(page);
      expect(await findings(page)).toEqual([]);
      await page.locator('.wall .picture').first().focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.locator('.columns li').first().waitFor();
      expect(await page.evaluate(() => document.activeElement.id)).toBe('text');
      await page.keyboard.type('is darker');
      await page.locator('[data-kind="text"] li').first().waitFor();
      expect(await findings(page)).toEqual([]);
      await page.locator('[data-kind="composed"] .found .picture').first().focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Tab'); // to "more like this"
      await changed(page, () => page.keyboard.press('Enter'));
      expect(await page.locator('.marked .more').count()).toBe(1);
      expect(problems).toEqual([]);
      await context.close();
    }
  });

  it('searches within a lasso on the map', async () => {
    const { page, problems, context } = await visit({ address: addressOf({ reference: pack.ids[reference], text }) });
    await page.locator('.columns li').first().waitFor();
    await page.getByRole('button', { name: 'Lasso' }).click();
    const { x, y, width, height } = await page.locator('canvas.map').boundingBox();
    const corners = [
      [0.1, 0.1],
      [0.6, 0.1],
      [0.6, 0.6],
      [0.1, 0.6],
      [0.1, 0.1],
    ];
    await page.mouse.move(x + corners[0][0] * width, y + corners[0][1] * height);
    await page.mouse.down();
    for (const [across, down] of corners) await page.mouse.move(x + across * width, y + down * height, { steps: 4 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Search all' }).waitFor();
    const said = await page.locator('.within').textContent();
    const count = Number(said.match(/\d+/)[0]);
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(pack.ids.length);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ]);
    const list = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    expect(list.length).toBe(count + 1);
    const isListed = (id) => list.some((line) => line.startsWith(`"${id}"`));
    await poll(async () => (await shown(page, 'text')).every(isListed)).toBe(true);
    await page.getByRole('button', { name: 'Search all' }).click();
    await poll(async () => (await shown(page, 'text')).every(isListed)).toBe(false);
    expect(await page.locator('.within').isVisible()).toBe(false);
    expect(problems).toEqual([]);
    await context.close();
  });

  it('goes on after its device was lost, and after the GPU process crashed', async () => {
    const own = await launchBrowser(canvasArguments);
    const page = await own.newPage();
    await page.addInitScript(watchDevices);
    await page.goto(site.url + addressOf({ reference: pack.ids[reference], text }));
    await page.locator('.columns li').first().waitFor();
    await ready(page);
    const seen = await shown(page, 'composed');
    await page.evaluate(() => globalThis.watched.devices.at(-1).destroy());
    await page.waitForFunction(() => document.querySelector('#status').textContent.startsWith('Ready again'));
    await expectAnswer(page, seen);

    const session = await own.newBrowserCDPSession();
    await session.send('Browser.crashGpuProcess');
    await page.waitForFunction(() => globalThis.watched.errors.length > 1);
    await expectAnswer(page, seen);
    await page.reload();
    await page.locator('.columns li').first().waitFor();
    expect(await shown(page, 'composed')).toEqual(seen);
    await own.close();
  });

  it('shows its pictures where there is no WebGPU, and says why it does not search', async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
    const page = await context.newPage();
    await page.goto(site.url + addressOf({}));
    await page.locator('.wall .picture').first().waitFor();
    await poll(() => page.locator('#notices').textContent()).toContain('does not offer WebGPU');
    await context.close();
  });
});

/** Serious findings of axe, as 'rule: element'. */
async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

/** Expects that a new search is answered as before, or that the page says that it must be loaded again. */
async function expectAnswer(page, seen) {
  await page.fill('#text', 'is lighter');
  await page.waitForTimeout(300);
  await page.fill('#text', text);
  const says = async () => (await page.locator('#notices').textContent()).includes('reload');
  await poll(async () => ((await says()) ? seen : shown(page, 'composed'))).toEqual(seen);
}
