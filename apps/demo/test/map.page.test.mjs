// The map in Chromium, as a visitor has it: what is on the screen, and what pointer, fingers and keys do.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canvasArguments } from '../../../scripts/lib/browser.mjs';
import { launchBrowser, scriptOf } from '../../../scripts/lib/visits.mjs';
import { serve } from '../../examples/test/site.mjs';
import { watchDevices } from '../../examples/test/watch-device.mjs';

// Sixty photos, each with a colour of its own on its left half and white on its right one. All but the last lie in a
// heap of ten columns, which from afar is a heap of dots.
const script = `
  import { createGalleryMap } from '../src/map/map.ts';

  const [tile, columns, count] = [32, 8, 60];
  const level = (digit) => [60, 120, 180, 240][digit];
  const colourOf = (i) => [level(i % 4), level(Math.floor(i / 4) % 4), level(Math.floor(i / 16))];
  const image = Object.assign(document.createElement('canvas'), { width: tile * columns, height: tile * 8 });
  const pen = image.getContext('2d');
  const ids = Array.from({ length: count }, (_, i) => 'photo ' + i);
  for (let i = 0; i < count; i++) {
    const [x, y] = [tile * (i % columns), tile * Math.floor(i / columns)];
    pen.fillStyle = 'white';
    pen.fillRect(x, y, tile, tile);
    pen.fillStyle = 'rgb(' + colourOf(i) + ')';
    pen.fillRect(x, y, tile / 2, tile);
  }
  const places = Float32Array.from(ids.flatMap((_, i) => (i === count - 1 ? [100, 40] : [i % 10, Math.floor(i / 10)])));
  const told = [];
  const askDevice = async () => (await navigator.gpu.requestAdapter()).requestDevice();
  globalThis.ready = askDevice().then((device) => {
    const canvas = document.querySelector('canvas');
    const atlas = { image, tile, columns };
    const map = createGalleryMap(canvas, {
      device, ids, places, atlas,
      labelOf: (id) => 'the ' + id,
      onPick: (id) => told.push(['pick', id]),
      onHover: (id) => told.push(['hover', id]),
      onLasso: (found) => told.push(['lasso', found]),
    });
    let frames = 0;
    const { submit } = device.queue;
    device.queue.submit = (...given) => {
      frames++;
      return submit.apply(device.queue, given);
    };
    const refusal = (change) => {
      try {
        createGalleryMap(document.createElement('canvas'), { device, ids, places, atlas, ...change });
      } catch (error) {
        return String(error);
      }
    };
    const heap = (by) => places.map((v, i) => (by === 'spread' && i < 2 * (count - 1) ? 10 * v : v));
    Object.assign(globalThis, {
      map, ids, device, atlas, askDevice, refusal, heap, colourOf,
      told: () => told.splice(0),
      frames: () => frames,
    });
  });
`;

const html = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta http-equiv="Content-Security-Policy" content="default-src 'self'" />
  <meta name="viewport" content="width=device-width" />
  <link rel="stylesheet" href="/style.css" />
  <canvas></canvas>
  <main></main>
  <script type="module" src="/main.js"></script>
</html>`;

const css = `
  canvas { display: block; width: 600px; height: 400px; --map-background: #101010; --map-arrow: #ff00ff;
    --map-reference: #ff8000; --map-target: #00ff80; --map-found: #0080ff; --map-dot: #808080; color: #fffe00; }
  @media (prefers-color-scheme: dark) { canvas { --map-background: #000020; } }
  canvas:focus { outline: none }
  body { margin: 0 }
  main { height: 2000px }`;

let site;
let browser;
beforeAll(async () => {
  site = await serve(
    new Map([
      ['/index.html', Buffer.from(html)],
      ['/style.css', Buffer.from(css)],
      ['/main.js', Buffer.from(await scriptOf(script, import.meta.dirname))],
    ]),
  );
  browser = await launchBrowser(canvasArguments);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** A map in a page, and what a test asks of it. */
async function visit(options = {}) {
  const context = await browser.newContext({ viewport: { width: 600, height: 500 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.addInitScript(watchDevices);
  await page.goto(`${site.url}/`);
  await page.evaluate(() => globalThis.ready);
  return {
    page,
    problems,
    told: () => page.evaluate(() => globalThis.told()),
    /** What the canvas shows once nothing moves any more. */
    async screen() {
      await page.evaluate(async () => {
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        for (let before = -1; before !== globalThis.frames(); await frame(), await frame())
          before = globalThis.frames();
      });
      const clip = { x: 0, y: 0, width: 600, height: 400 };
      const pixels = await page.evaluate(pixelsIn, (await page.screenshot({ clip })).toString('base64'));
      return { ...clip, channels: 4, data: Buffer.from(pixels, 'latin1') };
    },
    async expectCalm() {
      const { devices, errors } = await page.evaluate(() => ({
        devices: globalThis.watched.devices.length,
        errors: globalThis.watched.errors,
      }));
      expect([...problems, ...errors]).toEqual([]);
      expect(devices).toBe(1);
      await context.close();
    },
  };
}

/** Runs in a page: the bytes of an image file, red, green, blue and alpha, as characters. */
async function pixelsIn(base64) {
  const file = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const image = await createImageBitmap(new Blob([file]));
  const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
  pen.drawImage(image, 0, 0);
  const { data } = pen.getImageData(0, 0, image.width, image.height);
  let text = '';
  for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
  return text;
}

/** The pixels of a colour: how many there are, and where the middle of them is. */
function pixelsOf({ width, height, channels, data }, [red, green, blue], tolerance = 3) {
  const sum = { count: 0, x: 0, y: 0 };
  for (let i = 0; i < width * height; i++) {
    const at = channels * i;
    const off = Math.max(Math.abs(data[at] - red), Math.abs(data[at + 1] - green), Math.abs(data[at + 2] - blue));
    if (off > tolerance) continue;
    sum.count++;
    sum.x += i % width;
    sum.y += Math.floor(i / width);
  }
  return { count: sum.count, x: sum.x / sum.count, y: sum.y / sum.count };
}

const isSame = (a, b) => a.data.equals(b.data);

/** As in the page: the colour of the left half of a photo, and that of its dot. */
const colourOf = (i) => [i % 4, Math.floor(i / 4) % 4, Math.floor(i / 16)].map((digit) => [60, 120, 180, 240][digit]);
const dotOf = (i) => colourOf(i).map((value) => Math.round(0.45 * 128 + (0.55 * (value + 255)) / 2));
const BACKGROUND = [16, 16, 16];
const ARROW = [255, 0, 255];
const REFERENCE = [255, 128, 0];
const TARGET = [0, 255, 128];
const CURRENT = [255, 254, 0];

it('shows dots that become pictures where the wheel zooms, and draws nothing at rest', async () => {
  const { page, screen, expectCalm } = await visit({ reducedMotion: 'reduce' });
  const far = await screen();
  expect(pixelsOf(far, BACKGROUND).count).toBeGreaterThan(0.97 * 600 * 400);
  expect(pixelsOf(far, colourOf(34)).count).toBe(0);
  const dot = pixelsOf(far, dotOf(34));
  expect(dot.count).toBeGreaterThan(2);

  await page.mouse.move(dot.x, dot.y);
  for (let i = 0; i < 6; i++) await page.mouse.wheel(0, -200);
  const near = await screen();
  const left = pixelsOf(near, colourOf(34));
  expect(left.count).toBeGreaterThan(300);
  expect(Math.abs(left.x - dot.x)).toBeLessThan(40);
  expect(Math.abs(left.y - dot.y)).toBeLessThan(20);
  const right =
    near.channels * (Math.round(left.y) * near.width + Math.round(left.x) + Math.round(Math.sqrt(2 * left.count) / 2));
  expect([...near.data.subarray(right, right + 3)]).toEqual([255, 255, 255]);

  const frames = await page.evaluate(() => globalThis.frames());
  await page.waitForTimeout(250);
  expect(await page.evaluate(() => globalThis.frames())).toBe(frames);
  await expectCalm();
});

it('shows a search: an arrow from the reference by the query to the target, what was found in front', async () => {
  const { page, screen, expectCalm } = await visit({ reducedMotion: 'reduce' });
  const shown = { reference: 'photo 59', query: [50, 20], target: 'photo 0', found: ['photo 7', 'photo 35'] };
  await page.evaluate((shown) => globalThis.map.show(shown), shown);
  const search = await screen();
  const arrow = pixelsOf(search, ARROW);
  expect(arrow.count).toBeGreaterThan(500);
  const [reference, target] = [pixelsOf(search, REFERENCE), pixelsOf(search, TARGET)];
  expect(reference.count).toBeGreaterThan(150);
  expect(target.count).toBeGreaterThan(150);
  expect(target.x).toBeLessThan(arrow.x);
  expect(arrow.x).toBeLessThan(reference.x);
  expect(pixelsOf(search, colourOf(0)).count).toBeGreaterThan(100);
  expect(pixelsOf(search, colourOf(35)).count + pixelsOf(search, colourOf(7)).count).toBeGreaterThan(20);
  const words = await page.evaluate(() => {
    const canvas = document.querySelector('canvas');
    const { textContent } = document.getElementById(canvas.getAttribute('aria-describedby'));
    return { text: textContent, role: canvas.role, name: canvas.ariaLabel };
  });
  expect(words.role).toBe('application');
  expect(words.name).toBe('Map of the images');
  expect(words.text).toContain('Reference: the photo 59. Target: the photo 0, not among what was found.');

  await page.evaluate(() => globalThis.map.show({ found: [] }));
  const without = await screen();
  expect(pixelsOf(without, ARROW).count + pixelsOf(without, REFERENCE).count).toBe(0);
  await expectCalm();
});

it('is worked by keys: they go through what was found, take one, zoom and show all again', async () => {
  const { page, screen, told, expectCalm } = await visit({ reducedMotion: 'reduce' });
  const all = await screen();
  await page.evaluate(() => globalThis.map.show({ found: ['photo 59', 'photo 12'] }));
  await page.keyboard.press('Tab');
  const status = () => page.locator('[role=status]').textContent();
  await page.keyboard.press(']');
  expect(await status()).toBe('the photo 59, rank 1 of 2');
  await page.keyboard.press('n');
  expect(await status()).toBe('the photo 12, rank 2 of 2');
  const current = await screen();
  expect(pixelsOf(current, CURRENT).count).toBeGreaterThan(80);
  expect(pixelsOf(current, colourOf(12)).count).toBeGreaterThan(150);
  await page.keyboard.press('Enter');
  await page.keyboard.press('[');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  const hovers = ['photo 59', 'photo 12'].map((id) => ['hover', id]);
  const picks = [['pick', 'photo 12'], ['hover', 'photo 59'], ['pick', 'photo 59'], ['hover', null]]; // biome-ignore format: pairs
  expect(JSON.parse(JSON.stringify(await told()))).toEqual([...hovers, ...picks]);

  await page.evaluate(() => globalThis.map.show({ found: [] }));
  expect(isSame(await screen(), all)).toBe(true);
  await page.keyboard.press('+');
  await page.keyboard.press('ArrowLeft');
  expect(isSame(await screen(), all)).toBe(false);
  await page.keyboard.press('0');
  expect(isSame(await screen(), all)).toBe(true);
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement.localName)).toBe('body');
  await expectCalm();
});

it('is dragged, picked from, and searched with a lasso', async () => {
  const { page, screen, told, expectCalm } = await visit({ reducedMotion: 'reduce' });
  await page.evaluate(() => globalThis.map.show({ reference: 'photo 59', found: [] }));
  const before = pixelsOf(await screen(), colourOf(59));
  await page.mouse.click(before.x, before.y);
  expect(await told()).toEqual([
    ['hover', 'photo 59'],
    ['pick', 'photo 59'],
  ]);
  const drag = async (points) => {
    await page.mouse.move(...points[0]);
    await page.mouse.down();
    for (const point of points.slice(1)) await page.mouse.move(...point);
  };
  await drag([[300, 60], [280, 70], [200, 90]]); // biome-ignore format: points
  await page.mouse.up();
  const after = pixelsOf(await screen(), colourOf(59));
  expect(after.x - before.x).toBeCloseTo(-100, 0);
  expect(after.y - before.y).toBeCloseTo(30, 0);
  expect((await told()).filter(([what]) => what === 'pick')).toEqual([]);

  await page.evaluate(() => {
    globalThis.map.setTool('lasso');
    globalThis.map.zoomTo(globalThis.ids.slice(0, 59));
  });
  const near = await screen();
  const [first, last] = [0, 44].map((i) => pixelsOf(near, colourOf(i)));
  // Around the rows from 0 to 44 and the columns from 0 to 4.
  const [left, top, right, bottom] = [first.x - 15, first.y - 20, last.x + 25, last.y + 25];
  await drag([[left, top], [right, top], [right, bottom], [left, bottom]]); // biome-ignore format: points
  const during = await screen();
  expect(pixelsOf(during, CURRENT).count).toBeGreaterThan(200);
  expect(pixelsOf(during, colourOf(44)).count).toBeGreaterThan(50);
  expect(pixelsOf(during, colourOf(46)).count).toBe(0); // faded
  await page.mouse.up();
  const lassos = (await told()).filter(([what]) => what === 'lasso');
  const expected = [0, 1, 2, 3, 4].flatMap((row) => [0, 1, 2, 3, 4].map((column) => `photo ${10 * row + column}`));
  expect(lassos).toEqual([['lasso', expected]]);
  expect(pixelsOf(await screen(), colourOf(46)).count).toBeGreaterThan(50);
  await expectCalm();
});

it('leaves one finger to the page, and takes two to zoom', async () => {
  const { page, screen, expectCalm } = await visit({ hasTouch: true, isMobile: true });
  await page.evaluate(() => globalThis.map.show({ reference: 'photo 59', found: [] }));
  const before = await screen();
  const session = await page.context().newCDPSession(page);
  /** Fingers that go from some points to others, in ten steps. */
  const touch = async (from, to) => {
    const at = (share) =>
      from.map(([x, y], id) => ({ id, x: x + share * (to[id][0] - x), y: y + share * (to[id][1] - y) }));
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) });
    for (let i = 1; i <= 10; i++)
      await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(i / 10) });
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  await touch([[300, 300]], [[300, 150]]); // biome-ignore format: points
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(80);
  const last = pixelsOf(before, colourOf(59));
  const afterScroll = async () => {
    await page.evaluate(() => scrollTo(0, 0)); // again, while the page still moves on
    return pixelsOf(await screen(), colourOf(59));
  };
  await expect.poll(afterScroll, { timeout: 5000 }).toEqual(last);
  const fingers = (apart) => [[last.x - apart, last.y], [last.x + apart, last.y]]; // biome-ignore format: points
  await touch(fingers(20), fingers(60));
  expect(await page.evaluate(() => [scrollY, visualViewport.scale])).toEqual([0, 1]);
  // Three times as close about where the fingers are: the heap has left, the photo has stayed.
  const near = await screen();
  expect(pixelsOf(before, dotOf(34)).count).toBeGreaterThan(2);
  expect(pixelsOf(near, dotOf(34)).count).toBe(0);
  expect(Math.hypot(pixelsOf(near, colourOf(59)).x - last.x, pixelsOf(near, colourOf(59)).y - last.y)).toBeLessThan(25);
  await expectCalm();
});

it('moves to other places, takes the colours of another scheme, and goes on after its device was lost', async () => {
  const { page, problems, screen } = await visit();
  const before = await screen();
  const moving = page.evaluate(async () => {
    globalThis.map.moveTo(globalThis.heap('spread'));
    const seen = globalThis.frames();
    await new Promise((resolve) => setTimeout(resolve, 250));
    return globalThis.frames() - seen;
  });
  expect(await moving).toBeGreaterThan(1); // an animation, where motion is welcome
  const spread = await screen();
  expect(pixelsOf(before, colourOf(34)).count).toBe(0);
  expect(pixelsOf(spread, colourOf(34)).count).toBeGreaterThan(60);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect
    .poll(async () => pixelsOf(await screen(), [0, 0, 32]).count, { timeout: 10_000 })
    .toBeGreaterThan(80_000);

  const errors = await page.evaluate(async () => {
    const { map, device, askDevice, watched } = globalThis;
    device.destroy();
    await device.lost;
    map.show({ reference: 'photo 59', found: ['photo 3'] });
    map.fit();
    await new Promise((resolve) => setTimeout(resolve, 100));
    map.rebind(await askDevice());
    await new Promise((resolve) => setTimeout(resolve, 500));
    return watched.errors;
  });
  expect([...problems, ...errors.filter((line) => !line.startsWith('lost: '))]).toEqual([]);
  expect(pixelsOf(await screen(), REFERENCE).count).toBeGreaterThan(150);
  await page.evaluate(() => globalThis.map.dispose());
  expect(await page.evaluate(() => document.body.querySelectorAll('div').length)).toBe(0);
  await page.context().close();
});

it('refuses what it cannot draw', async () => {
  const { page, expectCalm } = await visit();
  const refusal = (change) => page.evaluate((change) => globalThis.refusal(change), change);
  expect(await refusal({ places: {} })).toContain('60 ids need 120 coordinates of places');
  const [small, large] = await page.evaluate(() => {
    const { refusal, atlas } = globalThis;
    const wide = { width: 40_000, height: 40_000 };
    return [refusal({ atlas: { ...atlas, tile: 64 } }), refusal({ atlas: { image: wide, tile: 4000, columns: 10 } })];
  });
  expect(small).toBe(
    'RangeError: 60 pictures of 64 pixels, 8 in a row, need an atlas of 512 x 512 pixels, found 256 x 256',
  );
  expect(large).toMatch(/^RangeError: the atlas is 40000 x 24000 pixels, the device takes textures of up to \d+: /);
  await expectCalm();
});
