// Chromium's GPU process crashes under a page that searches: what a device that is only destroyed cannot show.
import { readFileSync } from 'node:fs';
import * as embedded from '@webcir/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, scriptOf } from '../../../scripts/lib/visits.mjs';
import { serve } from './site.mjs';

const script = `
  import { Retriever } from 'webcir';

  const shades = [30, 120, 220, 90, 60];
  const grey = (shade) => ({ width: 1, height: 1, channels: 1, data: Uint8Array.of(shade) });
  globalThis.ready = (async () => {
    const retriever = await Retriever.load({ clip: '/clip.safetensors', tokenizer: '/vocabulary.gz' });
    const gallery = await retriever.index(shades.map((shade) => [String(shade), grey(shade)]));
    return { retriever, gallery };
  })();
  globalThis.search = async () => {
    const { retriever, gallery } = await globalThis.ready;
    return retriever.search(gallery, { image: '120', text: 'is darker' }).then(
      (found) => ({ found }),
      ({ name, message }) => ({ name, message }),
    );
  };
  globalThis.isLost = async () => (await globalThis.ready).retriever.device.loss !== undefined;
`;

let browser;
let site;
beforeAll(async () => {
  const vocabulary = new URL('../../../packages/clip/assets/clip-vocabulary.txt.gz', import.meta.url);
  const files = { '/clip.safetensors': embedded.clip, '/vocabulary.gz': vocabulary };
  site = await serve(
    new Map([
      ['/index.html', Buffer.from('<script type="module" src="/main.js"></script>')],
      ['/main.js', Buffer.from(await scriptOf(script, import.meta.dirname))],
      ...Object.entries(files).map(([path, url]) => [path, readFileSync(url)]),
    ]),
  );
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

it('a search after it is answered as before, or says that the page must be reloaded', async () => {
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  const answer = () => page.evaluate(() => globalThis.search());
  await page.goto(`${site.url}/`);
  const { found } = await answer();
  expect(found.length).toBe(5);

  // Chromium gives a new adapter after the first crash; after some more in a row, none to this page any more.
  const session = await browser.newBrowserCDPSession();
  for (let crashes = 1; crashes <= 2; crashes++) {
    await session.send('Browser.crashGpuProcess');
    await page.waitForFunction(() => globalThis.isLost());
    const after = await answer();
    if ('found' in after) expect(after).toEqual({ found });
    else {
      expect(after.name).toBe('DeviceLostError');
      expect(after.message).toContain('reload the page');
    }
  }
  expect(problems).toEqual([]);
  await page.reload();
  expect(await answer()).toEqual({ found });
});
