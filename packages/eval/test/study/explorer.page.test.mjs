// The maps of a study's page, as a reader moves about in them: without WebGPU, and without a network.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compressAtlas } from '@webcir/clip/node';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findBrowser } from '../../../../scripts/lib/browser.mjs';
import { renderStudy } from '../../src/study/report/page.ts';
import { studyMap } from './maps.ts';

const folder = mkdtempSync(join(tmpdir(), 'webcir-maps-'));
const file = join(folder, 'index.html');
/** What the picture of the first image is painted in. */
const RED = [192, 48, 48];
const problems = [];
let browser;
let page;

beforeAll(async () => {
  const plain = (colour) => async () => ({
    width: 8,
    height: 8,
    channels: 3,
    data: Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => colour[i % 3]),
  });
  const points = [{ kind: 'images', x: 0, y: 1 }];
  const figures = [{ kind: 'map', name: 'map', caption: 'A map.', panels: [{ stage: 'base', points }] }];
  const section = { id: 'maps', title: 'Maps', about: '', findings: [], figures, numbers: [], map: studyMap };
  const { page: html } = await renderStudy({
    title: 'A study',
    facts: [],
    notes: [],
    sections: [section],
    shown: () => {
      throw new Error('expected no examples');
    },
    atlas: async (_, options) => {
      const webp = await compressAtlas([RED, [48, 192, 48], [48, 48, 192], [192, 192, 48]].map(plain), options);
      return `data:image/webp;base64,${Buffer.from(webp).toString('base64')}`;
    },
  });
  writeFileSync(file, html);
  browser = await chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] });
  page = await browser.newPage({ viewport: { width: 1000, height: 800 }, hasTouch: true });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => /^(file|data):/.test(request.url()) || problems.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.locator('html.explores').waitFor();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const canvases = () => page.locator('.panel canvas');
/** Each panel's pixels, once it was painted. */
const painted = () =>
  page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return [...document.querySelectorAll('.panel canvas')].map((canvas) => canvas.toDataURL());
  });
/** How many pixels of a panel have about a colour. */
const pixelsOf = (panel, colour) =>
  page.evaluate(
    ([panel, colour]) => {
      const canvas = document.querySelectorAll('.panel canvas')[panel];
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (colour.every((value, i) => Math.abs(data[at + i] - value) < 12)) count++;
      }
      return count;
    },
    [panel, colour],
  );
const card = () => page.locator('.card').textContent();

it('draws a map for each stage, in place of the figure for paper', async () => {
  expect(await canvases().count()).toBe(2);
  const [base, stage1] = await painted();
  const blank = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: document.querySelector('.panel canvas').width });
    canvas.height = canvas.width;
    return canvas.toDataURL();
  });
  expect(base).not.toBe(blank);
  expect(stage1).not.toBe(base);
  expect(await page.locator('#figure-map').isVisible()).toBe(false);
});

it('shows a point in every map as one points at it, with its caption and what became of its neighbours', async () => {
  const before = await painted();
  const { width } = await canvases().first().boundingBox();
  const at = (share) => width * (0.05 + 0.9 * share);
  // The first text lies at (1, 1) of a square of 8 by 8, y upwards.
  await canvases()
    .first()
    .hover({ position: { x: at(1 / 8), y: at(7 / 8) } });
  expect(await card()).toMatch(/Text“is <b>redder<\/b>”after stage 1: 50\s% of its nearest.*25\s% of its movement/s);
  const hovered = await painted();
  expect(hovered[0]).not.toBe(before[0]);
  expect(hovered[1]).not.toBe(before[1]);
  expect(await page.locator('.card [role=img]').evaluateAll((list) => list.map((one) => one.ariaLabel))).toEqual([
    'Reference: r0',
    'Target: i0',
  ]);
  await page.mouse.move(1, 1);
  expect(await card()).toBe('Point at a dot.');
});

it('turns dots into pictures as one zooms, by keys, wheel and fingers', async () => {
  expect(await pixelsOf(0, RED)).toBe(0);
  await canvases().nth(0).focus();
  for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowLeft'); // to the left edge, where picture 0 is
  await page.keyboard.press('n');
  expect(await card()).toContain('Gallery image');
  for (let i = 0; i < 5; i++) await page.keyboard.press('+');
  const near = await painted();
  expect(await pixelsOf(0, RED)).toBeGreaterThan(200);
  await page.keyboard.press('0');
  await page.keyboard.press('Escape');
  await painted();
  expect(await pixelsOf(0, RED)).toBe(0);
  await canvases()
    .nth(0)
    .hover({ position: { x: 40, y: 40 } });
  await page.mouse.wheel(0, -900);
  const wheeled = await painted();
  expect(wheeled[0]).not.toBe(near[0]);
  await page.locator('.zoom-home').click();
  const home = await painted();
  await canvases()
    .nth(1)
    .evaluate((canvas) => {
      const { left, top } = canvas.getBoundingClientRect();
      const fingers = (reach) =>
        [-reach, reach].map(
          (x, identifier) => new Touch({ identifier, target: canvas, clientX: left + 100 + x, clientY: top + 100 }),
        );
      for (const [type, reach] of [
        ['touchstart', 20],
        ['touchmove', 60],
        ['touchend', 60],
      ]) {
        const event = new TouchEvent(type, { touches: type === 'touchend' ? [] : fingers(reach), cancelable: true });
        canvas.dispatchEvent(event);
      }
    });
  const pinched = await painted();
  expect(pinched[0]).not.toBe(home[0]);
  expect(pinched[1]).not.toBe(home[1]);
  await page.locator('.zoom-home').click();
});

it('has other axes, fewer kinds and other colours where one chooses them', async () => {
  let before = await painted();
  const expectOther = async () => {
    await expect.poll(async () => (await painted()).join()).not.toBe(before.join());
    before = await painted();
  };
  for (const label of ['PCA', 'movement apart from neighbours', 'queries']) {
    await page.getByLabel(label, { exact: true }).click();
    await expectOther();
  }
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectOther();
});

it('has figures on paper instead, and asks for nothing all the while', async () => {
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('#figure-map').isVisible()).toBe(true);
  expect(await page.locator('.explorer').isVisible()).toBe(false);
  expect(problems).toEqual([]);
});
