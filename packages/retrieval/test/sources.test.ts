// Sources of bytes over the network, in Node: servers that cut, change, lie and refuse. In a page: stored.page.test.ts.
import { createHash } from 'node:crypto';
import {
  CLIP4CIR_PREPROCESSING,
  imageFingerprint,
  initialVit,
  openSafetensors,
  readClipModel,
  safetensorsPieces,
  storeClipModel,
  uploadClip,
} from '@webcir/clip';
import { openDevice } from '@webcir/kernels';
import { uniform } from '@webcir/kernels/cases';
import { afterEach, describe, expect, it } from 'vitest';
import { isSource, openSource, rangeSource, storedSource } from '../src/index.ts';
import { Download } from '../src/sources/download.ts';
import { joined, without } from '../src/sources/range.ts';
import { type FileServer, type Served, startFileServer } from './file-server.ts';

const bytesOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 2654435761 + seed) >>> 24);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const file = bytesOf(300_000, 1);
const other = bytesOf(300_000, 2);
const [one, two] = ['"one"', '"two"'];

const servers: FileServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
async function serve(...[serve]: Parameters<typeof startFileServer>): Promise<FileServer & { address: string }> {
  const server = await startFileServer(serve);
  servers.push(server);
  return { ...server, address: `${server.url}/model` };
}

/** What happens to the requests for one file, one after the other; the last one's is that of all later ones. */
const serveInTurn = (...turns: readonly Served[]) => serve((_, count) => turns[Math.min(count, turns.length - 1)]);
const ranges = ({ sent }: FileServer) => sent.map(({ range }) => range);
const whole = async ({ read, size }: Awaited<ReturnType<typeof rangeSource>>) => Buffer.from(await read(0, size));

describe('a stored source', () => {
  it('streams the file with progress, and says why it is not kept', async () => {
    const server = await serveInTurn({ bytes: file, etag: one });
    const notes: string[] = [];
    const progress: unknown[] = [];
    const source = await storedSource(server.address, {
      sha256: sha256(file).toUpperCase(),
      size: file.length,
      onNote: (note) => notes.push(note),
      onProgress: (at) => progress.push(at),
    });
    expect(source.name).toBe(server.address);
    expect(source.size).toBe(file.length);
    expect((await source.read(1000, 50)).join()).toBe(file.subarray(1000, 1050).join());
    expect(progress[0]).toEqual({ address: server.address, loaded: 0, total: file.length });
    expect(progress.at(-1)).toEqual({ address: server.address, loaded: file.length, total: file.length });
    expect(notes).toEqual([expect.stringContaining('files cannot be stored here')]);
    expect(server.bytesSent()).toBe(file.length);
  });

  it('goes on where the connection was cut, several times', async () => {
    const cut = { bytes: file, etag: one, cutAfter: 100_000 };
    const server = await serveInTurn(cut, cut, { bytes: file, etag: one });
    const source = await storedSource(server.address, { sha256: sha256(file) });
    expect((await source.read(0, file.length)).join()).toBe(file.join());
    expect(server.sent.length).toBe(3);
    expect(server.sent[0].ifRange).toBeUndefined();
    expect(server.sent[1].ifRange).toBe(one);
    const starts = ranges(server).map((range) => Number(/\d+/.exec(range!)));
    expect(starts[1]).toBeGreaterThan(0);
    expect(starts[2]).toBeGreaterThan(starts[1]);
  });

  it.each<[string, Served]>([
    ['and the server notices', { bytes: other, etag: two }],
    ['and the server sends the rest of the new one', { bytes: other, etag: two, ignoresIfRange: true }],
    ['to a shorter one', { bytes: other.subarray(0, 50_000), etag: two, ignoresIfRange: true }],
  ])('begins again when the file changes, %s', async (_, changed) => {
    const server = await serveInTurn({ bytes: file, etag: one, cutAfter: 100_000 }, changed);
    expect((await whole(await storedSource(server.address))).equals(changed.bytes)).toBe(true);
  });

  it('begins again where nothing would show a change', async () => {
    const server = await serveInTurn({ bytes: file, cutAfter: 100_000 }, { bytes: file });
    expect((await whole(await storedSource(server.address))).equals(file)).toBe(true);
    expect(ranges(server).at(-1)).toBe('bytes=0-');
  });

  it('takes a date for a version', async () => {
    const modified = new Date(0).toUTCString();
    const server = await serveInTurn({ bytes: file, modified, cutAfter: 100_000 }, { bytes: file, modified });
    expect((await whole(await storedSource(server.address))).equals(file)).toBe(true);
    expect(server.sent.map(({ ifRange }) => ifRange)).toEqual([undefined, modified]);
  });

  it('begins again when the parts do not belong together', async () => {
    const server = await serveInTurn({ bytes: other, cutAfter: 100_000 }, { bytes: file });
    const source = await storedSource(server.address, { sha256: sha256(file) });
    expect((await whole(source)).equals(file)).toBe(true);
    expect(server.sent.length).toBe(3);
  });

  it('refuses another file than the checksum says', async () => {
    const server = await serveInTurn({ bytes: other });
    await expect(storedSource(server.address, { sha256: sha256(file) })).rejects.toThrow(
      `${server.address}: expected a file of the sha256 ${sha256(file)}, found ${sha256(other)}`,
    );
    expect(server.sent.length).toBe(1);
  });

  it('refuses a file of another size before it comes', async () => {
    const server = await serveInTurn({ bytes: file });
    await expect(storedSource(server.address, { size: 200_000 })).rejects.toThrow(
      `${server.address}: expected 200000 bytes, found 300000: is the address right?`,
    );
  });

  it('refuses a web page', async () => {
    const server = await serveInTurn({ bytes: Buffer.from('<!doctype html><title>home'), type: 'text/html' });
    await expect(storedSource(server.address)).rejects.toThrow('expected a file of weights, found a web page');
  });

  it('refuses a checksum that is none', async () => {
    await expect(storedSource('/model', { sha256: '../../x' })).rejects.toThrow(
      "sha256: expected 64 hexadecimal digits, found '../../x'",
    );
  });

  it.each<[string, Served]>([
    ['knows no ranges', { bytes: file, knowsNoRanges: true }],
    ['compresses and knows no ranges', { bytes: file, knowsNoRanges: true, compresses: true }],
  ])('takes what a server sends that %s', async (_, served) => {
    const server = await serveInTurn({ ...served, cutAfter: 1000 }, served);
    expect((await whole(await storedSource(server.address, { sha256: sha256(file) }))).equals(file)).toBe(true);
    expect(server.sent.length).toBe(2);
  });

  it('asks for more where a server sends less than it was asked for', async () => {
    const server = await serveInTurn({ bytes: file, etag: one, longestRange: 80_000 });
    expect((await whole(await storedSource(server.address))).equals(file)).toBe(true);
    expect(server.sent.map(({ bytes }) => bytes)).toEqual([80_000, 80_000, 80_000, 60_000]);
  });

  it('goes on where the server says nothing more', async () => {
    const server = await serveInTurn({ bytes: file, etag: one, stallAfter: 100_000 }, { bytes: file, etag: one });
    const download = await Download.open({ address: server.address, report: () => {} }, undefined);
    const received = await download.finish({ patience: 200 });
    expect(Buffer.from(await received.arrayBuffer()).equals(file)).toBe(true);
    expect(ranges(server)).toEqual(['bytes=0-', 'bytes=100000-299999']);
  });

  it('waits for a server that is busy', async () => {
    const server = await serveInTurn({ bytes: file, status: 503 }, { bytes: file });
    expect((await whole(await storedSource(server.address))).equals(file)).toBe(true);
  });

  it('gives up on a server that sends nothing more', async () => {
    const server = await serveInTurn(
      { bytes: file, etag: one, cutAfter: 70_000 },
      { bytes: file, etag: one, cutAfter: 0 },
    );
    await expect(storedSource(server.address)).rejects.toThrow(
      /4 tries have brought nothing beyond byte \d+ of 300000$/,
    );
    expect(server.sent.length).toBe(5);
  });

  it('names an address that gives nothing', async () => {
    const server = await serve(() => undefined);
    await expect(storedSource(server.address)).rejects.toThrow(
      `${server.address} answered HTTP 404: is the address right?`,
    );
    await server.close();
    servers.splice(0);
    await expect(storedSource(server.address)).rejects.toThrow(
      `${server.address} cannot be fetched (fetch failed): is it online, and does the server allow this page (CORS)?`,
    );
  });

  it('stops when it is told to', async () => {
    const server = await serveInTurn({ bytes: file, pause: 50 });
    const stop = new AbortController();
    const reason = new Error('the user has left');
    const options = { signal: stop.signal, onProgress: ({ loaded = 0 }) => loaded > 0 && stop.abort(reason) };
    await expect(storedSource(server.address, options)).rejects.toBe(reason);
    expect(server.sent.length).toBe(1);
  });
});

describe('a source of ranges', () => {
  const big = bytesOf(1_000_000, 3);

  it('fetches only what is read, once, and near reads together', async () => {
    const server = await serveInTurn({ bytes: big, etag: one });
    const source = await rangeSource(server.address);
    expect(source.size).toBe(big.length);
    const read = async (offset: number, length: number) =>
      expect((await source.read(offset, length)).join()).toBe(big.subarray(offset, offset + length).join());
    await Promise.all([read(100_000, 500), read(100_200, 1000), read(110_000, 10), read(500_000, 1)]);
    await Promise.all([read(100_100, 9_000), read(0, 16_384), read(big.length - 7, 7), read(5, 0)]);
    await read(99_990, 20);
    await Promise.all([read(98_000, 10), read(110_100, 10)]); // what is between them is there for the most part
    expect(ranges(server)).toEqual([
      'bytes=0-16383',
      'bytes=100000-110009',
      'bytes=500000-500000',
      'bytes=999993-999999',
      'bytes=99990-99999',
      'bytes=98000-99989',
      'bytes=110010-110109',
    ]);
    await expect(source.read(big.length, 1)).rejects.toThrow(`${server.address}: bytes 1000000 to 1000001 are outside`);
  });

  it('brings a whole model with two requests, and then none', async () => {
    const model = initialVit(
      {
        embedDim: 16,
        imageResolution: 16,
        visionWidth: 64,
        visionLayers: 2,
        patchSize: 8,
        contextLength: 16,
        textWidth: 64,
        textLayers: 2,
        vocabulary: [0, 49406, 49407],
      },
      uniform(5),
    );
    const pieces: Uint8Array[] = [];
    for await (const piece of safetensorsPieces(storeClipModel(model, 'F32'))) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const server = await serveInTurn({ bytes, etag: one });
    const read = readClipModel(await openSafetensors(await rangeSource(server.address)));
    const device = await openDevice();
    (await uploadClip(device, read)).dispose();
    await imageFingerprint(read, CLIP4CIR_PREPROCESSING); // reads all of the image encoder again
    device.close();
    expect(ranges(server)).toEqual(['bytes=0-16383', `bytes=16384-${bytes.length - 1}`]);
  });

  it('joins a read with one that is on its way', async () => {
    const server = await serveInTurn({ bytes: big, etag: one, pause: 20 });
    const source = await rangeSource(server.address);
    const first = source.read(200_000, 200_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const second = source.read(300_000, 200_000);
    expect(
      Buffer.concat([await first, await second]).equals(
        Buffer.concat([big.subarray(200_000, 400_000), big.subarray(300_000, 500_000)]),
      ),
    ).toBe(true);
    expect(ranges(server).slice(1)).toEqual(['bytes=200000-399999', 'bytes=400000-499999']);
  });

  it('goes on where a range was cut', async () => {
    const server = await serveInTurn(
      { bytes: big, etag: one },
      { bytes: big, etag: one, cutAfter: 90_000 },
      { bytes: big, etag: one },
    );
    const source = await rangeSource(server.address);
    expect((await source.read(400_000, 300_000)).join()).toBe(big.subarray(400_000, 700_000).join());
    expect(server.sent.length).toBe(3);
  });

  it('takes the whole file from a server that knows no ranges', async () => {
    const server = await serveInTurn({ bytes: big, knowsNoRanges: true });
    expect((await whole(await rangeSource(server.address))).equals(big)).toBe(true);
    expect(server.bytesSent()).toBe(big.length);
  });

  it('takes a file that is smaller than the first range', async () => {
    const server = await serveInTurn({ bytes: big.subarray(0, 1000) });
    expect((await whole(await rangeSource(server.address))).equals(big.subarray(0, 1000))).toBe(true);
    expect(server.sent.length).toBe(1);
  });

  it.each<[string, Served]>([
    ['another ETag', { bytes: bytesOf(big.length, 4), etag: two, ignoresIfRange: true }],
    ['another size', { bytes: big.subarray(0, 999_999), ignoresIfRange: true }],
    ['a shorter file', { bytes: big.subarray(0, 1000), etag: one }],
    ['no ranges any more', { bytes: big, etag: one, knowsNoRanges: true }],
  ])('is not mixed from two versions: %s', async (_, changed) => {
    const server = await serveInTurn({ bytes: big, etag: one }, changed);
    const source = await rangeSource(server.address);
    await expect(source.read(500_000, 10)).rejects.toThrow(
      `${server.address} was changed while it was read: open it again`,
    );
  });

  it('tries again when it is read again', async () => {
    const server = await serveInTurn({ bytes: big, etag: one }, { bytes: big, status: 404 }, { bytes: big, etag: one });
    const source = await rangeSource(server.address);
    await expect(source.read(500_000, 10)).rejects.toThrow('answered HTTP 404');
    expect((await source.read(500_000, 10)).join()).toBe(big.subarray(500_000, 500_010).join());
  });

  it('refuses ranges of compressed bytes', async () => {
    const server = await serveInTurn({ bytes: big, compresses: true });
    await expect(rangeSource(server.address)).rejects.toThrow(`${server.address}: a range came compressed (gzip)`);
  });
});

describe('an opened source', () => {
  it('is a source like any other', async () => {
    const source = await openSource(file.slice(), 'clip');
    expect(isSource(source)).toBe(true);
    expect(await openSource(source, 'clip')).toBe(source);
    expect(isSource({ config: {}, tensors: new Map() })).toBe(false);
  });

  it('is named by what it is for where its address gives nothing', async () => {
    const server = await serve(() => undefined);
    await expect(openSource(server.address, 'clip')).rejects.toThrow(
      `clip: ${server.address} answered HTTP 404: is the address right?`,
    );
  });
});

describe('ranges', () => {
  it('are what is asked for without what is there', () => {
    const there = [
      { from: 30, to: 40 },
      { from: 10, to: 20 },
    ];
    expect(
      without(
        [
          { from: 0, to: 50 },
          { from: 12, to: 18 },
          { from: 15, to: 35 },
        ],
        there,
      ),
    ).toEqual([
      { from: 0, to: 10 },
      { from: 20, to: 30 },
      { from: 40, to: 50 },
      { from: 20, to: 30 },
    ]);
  });

  it('are joined where they are near', () => {
    expect(
      joined(
        [
          { from: 20, to: 30 },
          { from: 0, to: 10 },
          { from: 41, to: 50 },
          { from: 5, to: 8 },
        ],
        10,
      ),
    ).toEqual([
      { from: 0, to: 30 },
      { from: 41, to: 50 },
    ]);
  });
});
