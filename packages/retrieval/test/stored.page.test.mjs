// Files that a page stores, over visits, tabs and failures, with the bytes counted at the server.
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, scriptOf } from '../../../scripts/lib/visits.mjs';
import { startFileServer } from './file-server.ts';

const MB = 1 << 20;
/** Two whole pieces, as they are stored, and the beginning of a third. */
const file = Buffer.alloc(
  20 * MB,
  Uint8Array.from({ length: 1021 }, (_, i) => (i * 89) % 251),
);
const other = Buffer.from(file).fill(7, 0, 10);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const [known, otherKnown] = [file, other].map((bytes) => ({ sha256: sha256(bytes) }));

/** A checksum that an insecure page can make, too: WebCrypto is not there. */
function sumOf(bytes) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum = (Math.imul(sum, 31) + bytes[i]) >>> 0;
  return sum;
}

let browser;
let script;
beforeAll(async () => {
  script = await scriptOf(
    `import { forgetStored, openSource, rangeSource, storedFiles, storedSource } from '@webcir/retrieval';

    ${sumOf}

    /** Fetches as the test asks, and tells what came of it. */
    async function visit(address, options = {}) {
      const notes = [];
      const progress = [];
      const onProgress = ({ loaded, total }) => {
        progress.push([loaded, total]);
        globalThis.loaded = loaded;
      };
      try {
        const source = await storedSource(address, { ...options, onProgress, onNote: (note) => notes.push(note) });
        const bytes = await source.read(0, source.size);
        return { size: source.size, sum: sumOf(bytes), notes, last: progress.at(-1) };
      } catch (error) {
        return { error: error.message, notes };
      }
    }
    Object.assign(globalThis, { forgetStored, rangeSource, storedFiles, storedSource, visit });
    if (globalThis.document === undefined) globalThis.onmessage = async ({ data }) => postMessage(await visit(...data));`,
    import.meta.dirname,
  );
  browser = await launchBrowser(['--host-resolver-rules=MAP insecure.example 127.0.0.1']);
});
afterAll(() => browser.close());

const [sum, otherSum] = [sumOf(file), sumOf(other)];

let server;
/** How the file is served, by requests that came before. */
let serve;
let profile;
beforeEach(async () => {
  serve = () => ({ bytes: file, etag: '"one"' });
  server = await startFileServer((path, count) => {
    if (path === '/')
      return { bytes: Buffer.from('<!doctype html><script type="module" src="/page.js"></script>'), type: 'text/html' };
    if (path === '/page.js') return { bytes: script, type: 'text/javascript' };
    return path === '/model' ? serve(count) : undefined;
  });
  profile = await browser.newContext();
});
afterEach(async () => {
  await profile.close();
  await server.close();
});

async function openTab(url = server.url) {
  const tab = await profile.newPage();
  await tab.goto(`${url}/`);
  await tab.waitForFunction(() => 'visit' in globalThis);
  return tab;
}
const visit = (tab, options, address = '/model') =>
  tab.evaluate(([address, options]) => globalThis.visit(address, options), [address, options]);
const stored = (tab) => tab.evaluate(() => globalThis.storedFiles());
const sent = () => server.sent.filter(({ path }) => path === '/model');
const bytesSent = () => sent().reduce((sum, { bytes }) => sum + bytes, 0);
const whole = { size: file.length, sum, notes: [], last: [file.length, file.length] };

describe('a file with a checksum', () => {
  it('is downloaded once for all visits, and then needs no network', async () => {
    expect(await visit(await openTab(), known)).toEqual(whole);
    const tab = await openTab();
    await profile.setOffline(true);
    expect(await visit(tab, known)).toEqual(whole);
    expect(bytesSent()).toBe(file.length);
    expect(sent().length).toBe(1);
    expect(await stored(tab)).toEqual([
      { key: known.sha256, address: `${server.url}/model`, bytes: file.length, size: file.length, isWhole: true },
    ]);
  });

  it('goes on after its tab was closed', async () => {
    serve = (count) => ({ bytes: file, etag: '"one"', pause: count === 0 ? 5 : 0 });
    const tab = await openTab();
    void visit(tab, known).catch(() => {});
    await tab.waitForFunction((bytes) => globalThis.loaded > bytes, 9 * MB);
    // Reading goes on while a piece is written, which a slow disk takes longer for.
    await expect.poll(async () => (await stored(tab))[0]?.bytes).toBe(8 * MB);
    await tab.close();
    expect(await visit(await openTab(), known)).toEqual(whole);
    expect(sent().map(({ range }) => range)).toEqual(['bytes=0-', `bytes=${8 * MB}-${file.length - 1}`]);
  });

  it('goes on where the connection was cut', async () => {
    serve = (count) => ({ bytes: file, etag: '"one"', ...(count === 0 ? { cutAfter: 11 * MB } : {}) });
    expect(await visit(await openTab(), known)).toEqual(whole);
    const [, { range }] = sent();
    expect(Number(/\d+/.exec(range))).toBeGreaterThan(8 * MB);
  });

  it('is downloaded once by two tabs and a worker', async () => {
    serve = () => ({ bytes: file, etag: '"one"', pause: 1 });
    const [one, two] = [await openTab(), await openTab()];
    const inWorker = one.evaluate(
      (options) =>
        new Promise((resolve) => {
          const worker = new Worker('/page.js', { type: 'module' });
          worker.onmessage = ({ data }) => resolve(data);
          worker.postMessage(['/model', options]);
        }),
      known,
    );
    expect(await Promise.all([visit(one, known), visit(two, known), inWorker])).toEqual([whole, whole, whole]);
    expect(bytesSent()).toBe(file.length);
  });

  it('is not kept when it is another', async () => {
    const tab = await openTab();
    const { error } = await visit(tab, otherKnown);
    expect(error).toContain(
      `${server.url}/model: expected a file of the sha256 ${otherKnown.sha256}, found ${known.sha256}`,
    );
    expect(await stored(tab)).toEqual([]);
  });

  it('makes way for its next version', async () => {
    const tab = await openTab();
    await visit(tab, known);
    serve = () => ({ bytes: other, etag: '"two"' });
    expect(await visit(tab, otherKnown)).toEqual({ ...whole, sum: otherSum });
    expect((await stored(tab)).map(({ key }) => key)).toEqual([otherKnown.sha256]);
  });

  it('is fetched again when it was deleted, and says so to who still reads it', async () => {
    const tab = await openTab();
    await visit(tab, known);
    const reading = tab.evaluate(async (options) => {
      const source = await globalThis.storedSource('/model', options);
      await globalThis.forgetStored(options.sha256);
      return source.read(0, 10).catch((error) => error.message);
    }, known);
    expect(await reading).toContain(`${server.url}/model was changed or deleted, open it again: `);
    await tab.evaluate(() => globalThis.forgetStored('never stored'));
    expect(await stored(tab)).toEqual([]);
    expect(await visit(tab, known)).toEqual(whole);
    expect(sent().length).toBe(2);
  });
});

describe('a file without a checksum', () => {
  it('is used while the server has no other', async () => {
    expect(await visit(await openTab())).toEqual(whole);
    expect(await visit(await openTab())).toEqual(whole);
    expect(bytesSent()).toBe(file.length);
    expect(sent().map(({ method }) => method)).toEqual(['GET', 'HEAD']);
  });

  it('is used where the server cannot be asked', async () => {
    const tab = await openTab();
    await visit(tab);
    await profile.setOffline(true);
    expect(await visit(tab)).toEqual(whole);
  });

  it.each([
    ['has another', { bytes: other, etag: '"two"' }],
    ['has another, which only its date shows', { bytes: other, modified: new Date(1e12).toUTCString() }],
    ['says nothing of it', { bytes: other }],
  ])('is downloaded again where the server %s', async (_, changed) => {
    const etag = changed.etag && '"one"';
    const modified = changed.modified && new Date(0).toUTCString();
    serve = () => ({ bytes: file, etag, modified });
    const tab = await openTab();
    await visit(tab);
    serve = () => changed;
    expect(await visit(tab)).toEqual({ ...whole, sum: otherSum });
    expect((await stored(tab)).length).toBe(1);
  });
});

describe('a page that cannot store', () => {
  const setQuota = async (tab, quotaSize) => {
    const session = await profile.newCDPSession(tab);
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize });
  };

  it('has the file in memory where there is too little room, and says how much', async () => {
    const tab = await openTab();
    await tab.evaluate((quota) => {
      navigator.storage.estimate = async () => ({ quota, usage: 500 });
    }, 10 * MB);
    const { notes, ...found } = await visit(tab, known);
    expect({ ...found, notes: [] }).toEqual(whole);
    expect(notes).toEqual([
      `${server.url}/model: 20971520 bytes are needed, and this site may store 10485260 more: ` +
        'the file of 20971520 bytes is held in memory, and fetched again next time',
    ]);
    expect(bytesSent()).toBe(file.length);
    expect(await stored(tab)).toEqual([]);
  });

  it('goes on in memory when room runs out, without a byte twice', async () => {
    serve = () => ({ bytes: file, etag: '"one"', pause: 5 });
    const tab = await openTab();
    const visited = visit(tab, known);
    await tab.waitForFunction((bytes) => globalThis.loaded > bytes, 9 * MB);
    await setQuota(tab, 9 * MB);
    const { notes, ...found } = await visited;
    expect({ ...found, notes: [] }).toEqual(whole);
    expect(notes).toEqual([
      expect.stringMatching(
        /\/model: this site's storage takes no more \(.*\): the file of 20971520 bytes is held in memory, and fetched/,
      ),
    ]);
    expect(bytesSent()).toBe(file.length);
    expect(await stored(tab)).toEqual([]);
  });

  it('has the file in memory where it is insecure', async () => {
    const tab = await openTab(server.url.replace('127.0.0.1', 'insecure.example'));
    expect(await tab.evaluate(() => globalThis.isSecureContext)).toBe(false);
    const { notes, ...found } = await visit(tab, known);
    expect({ ...found, notes: [] }).toEqual(whole);
    expect(notes).toEqual([expect.stringContaining('/model: files cannot be stored here')]);
    expect(await stored(tab)).toEqual([]);
  });
});

describe('an address that gives nothing', () => {
  it.each([
    ['offline', true, 'this device is offline'],
    ['on a site that allows no other', false, 'is it online, and does the server allow this page (CORS)?'],
  ])('is named, %s', async (_, isOffline, reason) => {
    const tab = await openTab();
    const address = isOffline ? `${server.url}/model` : `${server.url.replace('127.0.0.1', 'localhost')}/model`;
    await profile.setOffline(isOffline);
    expect((await visit(tab, {}, address)).error).toBe(`${address} cannot be fetched (Failed to fetch): ${reason}`);
    expect(await stored(tab)).toEqual([]);
  });
});

describe('a site that allows others', () => {
  const allowed = { 'access-control-allow-origin': '*' };
  const elsewhere = () => `${server.url.replace('127.0.0.1', 'localhost')}/model`;

  it('is downloaded from without asking for permission, and goes on where it was cut', async () => {
    serve = (count) => ({
      bytes: file,
      etag: '"one"',
      headers: allowed,
      ...(count === 0 ? { cutAfter: 11 * MB } : {}),
    });
    expect(await visit(await openTab(), known, elsewhere())).toEqual(whole);
    expect(sent().map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('has to show the size of the file for ranges of it', async () => {
    const read = (tab) =>
      tab.evaluate(async (address) => {
        try {
          const source = await globalThis.rangeSource(address);
          return [...(await source.read(1_000_000, 3))];
        } catch (error) {
          return error.message;
        }
      }, elsewhere());
    serve = () => ({ bytes: file, etag: '"one"', headers: allowed });
    const tab = await openTab();
    expect(await read(tab)).toBe(
      `${elsewhere()}: the answer shows no size: its server has to send "Access-Control-Expose-Headers: ` +
        'Content-Range, ETag" to pages of other sites',
    );
    serve = () => ({
      bytes: file,
      etag: '"one"',
      headers: { ...allowed, 'access-control-expose-headers': 'Content-Range, ETag' },
    });
    expect(await read(tab)).toEqual([...file.subarray(1_000_000, 1_000_003)]);
    expect(sent().map(({ method }) => method)).toEqual(['GET', 'GET', 'GET']);
  });
});
