// A retriever behind messages: in a worker of its own in a page, behind a port in Node.
import {
  type ClipModel,
  createTokenizer,
  initialVit,
  memorySource,
  type RawImage,
  readVocabulary,
  safetensorsPieces,
  storeClipModel,
} from '@webcir/clip';
import { uniform } from '@webcir/kernels/cases';
import { Retriever } from '@webcir/retrieval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadInWorker, type Port, serveRetriever, type WorkerGallery, type WorkerRetriever } from '../src/worker.ts';

const isPage = typeof process === 'undefined';

const vocabulary = await bytesOf(new URL('../../clip/assets/clip-vocabulary.txt.gz', import.meta.url));
const tokenizer = createTokenizer(await readVocabulary(vocabulary));
const random = uniform(3);
const ids = [...new Set([tokenizer.startOfText, ...tokenizer.encode('a red dress'), tokenizer.endOfText])];
const text = { contextLength: 16, textWidth: 64, textLayers: 1, vocabulary: ids.sort((a, b) => a - b) };
const vision = { embedDim: 22, imageResolution: 16, visionWidth: 64, visionLayers: 1, patchSize: 8 };
const model: ClipModel = initialVit({ ...vision, ...text }, random);

const image = (width: number): RawImage => ({
  width,
  height: 10,
  channels: 3,
  data: Uint8Array.from({ length: 30 * width }, () => random() * 256),
});
const images = new Map(Array.from({ length: 20 }, (_, i) => [`image ${i}`, image(12 + i)]));
/** Pixels that may be given away. */
const copies = () => new Map([...images].map(([id, image]) => [id, { ...image, data: image.data.slice() }]));

async function bytesOf(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (isPage) return new Uint8Array(await (await fetch(url)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(url));
}

const ends: (() => void)[] = [];
afterAll(() => {
  for (const end of ends) end();
});

/** A worker, or in Node a port to what would be in one. */
function open(): Port {
  if (isPage) {
    const worker = new Worker(new URL('../src/retriever-worker.ts', import.meta.url), { type: 'module' });
    ends.push(() => worker.terminate());
    return worker;
  }
  const { port1, port2 } = new MessageChannel();
  serveRetriever(port2);
  ends.push(() => port1.close());
  return port1;
}

let clip: Blob;
let retriever: WorkerRetriever;
let gallery: WorkerGallery;
let here: Retriever;
beforeAll(async () => {
  const pieces: BlobPart[] = [];
  for await (const piece of safetensorsPieces(storeClipModel(model, 'F32'))) pieces.push(piece.slice());
  clip = new Blob(pieces);
  here = await Retriever.load({ clip, tokenizer: vocabulary });
  retriever = await loadInWorker({ clip, tokenizer: vocabulary }, { worker: open() });
  gallery = await retriever.index(copies());
});
afterAll(() => here.dispose());

describe('a retriever in a worker', () => {
  const text = 'red dress';

  it('finds what one in the page finds', async () => {
    const expected = await here.index(images);
    expect(retriever.config).toEqual(here.config);
    expect(retriever.preprocessing).toEqual(here.preprocessing);
    expect(gallery.ids).toEqual([...images.keys()]);
    for (const reference of ['image 3', image(14)]) {
      const query = { image: reference, text, k: 5 };
      expect(await retriever.search(gallery, query)).toEqual(await here.search(expected, query));
    }
    expect(await gallery.features()).toEqual(expected.features);
    expect(await gallery.fingerprint()).toBe(await expected.fingerprint());
    await expected.dispose();
  });

  it('takes features, and sources of bytes that are here', async () => {
    const source = memorySource(new Uint8Array(await clip.arrayBuffer()), 'clip');
    const other = await loadInWorker({ clip: source, tokenizer: vocabulary }, { worker: open() });
    const restored = await other.restore(gallery.ids, await gallery.features(), await gallery.fingerprint());
    const query = { image: 'image 3', text };
    expect(await other.search(restored, query)).toEqual(await retriever.search(gallery, query));
    await expect(other.search(gallery, query)).rejects.toThrow('the gallery is not in this worker');
    await restored.dispose();
    await expect(other.search(restored, query)).rejects.toThrow('this gallery is disposed of');
    await other.dispose();
    await other.dispose();
    await expect(other.search(restored, query)).rejects.toThrow('the retriever in the worker has ended');
  });

  it('keeps the pixels of a query, and takes those of an index', async () => {
    const reference = image(20);
    await retriever.search(gallery, { image: reference, text });
    expect(reference.data.length).toBe(600);
    const given = copies();
    await (await retriever.index(given)).dispose();
    expect([...given.values()].map(({ data }) => data.length)).toEqual([...given].map(() => 0));
  });

  it('asks for images as it needs them, and tells which it leaves out', async () => {
    let made = 0;
    let ended = false;
    const unreadable: [string, string][] = [];
    async function* entries() {
      try {
        for (const [id, { data, ...rest }] of images) {
          made++;
          yield [id, { ...rest, data: id === 'image 1' ? new Uint8Array(1) : data.slice() }] as const;
        }
      } finally {
        ended = true;
      }
    }
    const onUnreadable = (id: string, error: Error) => unreadable.push([id, error.message]);
    const found = await retriever.index(entries(), { onUnreadable });
    expect(found.ids).toEqual([...images.keys()].filter((id) => id !== 'image 1'));
    expect(unreadable).toEqual([['image 1', expect.stringContaining('RawImage: expected 13 x 10 x 3 = 390 values')]]);
    expect([made, ended]).toEqual([images.size, true]);
    await found.dispose();
  });

  it('has the errors of the worker, by name and message', async () => {
    const refused = retriever.search(gallery, { image: 'none', text });
    await expect(refused).rejects.toThrow(new RangeError("the gallery has no image 'none'"));
    await expect(refused).rejects.toBeInstanceOf(RangeError);
    await expect(refused).rejects.toHaveProperty('name', 'RangeError');
    async function* failing() {
      yield ['image 0', image(12)] as const;
      throw new TypeError('the camera is off');
    }
    await expect(retriever.index(failing())).rejects.toThrow(new TypeError('the camera is off'));
    const address = new URL('nothing-there.safetensors', isPage ? location.href : 'http://127.0.0.1:1').href;
    await expect(loadInWorker({ clip: address, tokenizer: vocabulary }, { worker: open() })).rejects.toThrow('clip');
  });

  it('refuses what cannot be sent', async () => {
    const query = { image: 'image 0', text, where: () => true };
    await expect(retriever.search(gallery, query)).rejects.toThrow('could not be cloned');
  });

  it('rejects what waits when it is ended', async () => {
    const other = await loadInWorker({ clip, tokenizer: vocabulary }, { worker: open() });
    const waiting = other.index(copies());
    other.terminate();
    await expect(waiting).rejects.toThrow('the retriever in the worker has ended: load another one');
  });

  it.runIf(isPage)('decodes image files in the worker', async () => {
    const canvas = new OffscreenCanvas(20, 10);
    const context = canvas.getContext('2d')!;
    context.fillStyle = 'rgb(200, 30, 60)';
    context.fillRect(0, 0, 12, 10);
    const file = await canvas.convertToBlob({ type: 'image/png' });
    const found = await retriever.index([['a file', file]]);
    const [{ score }] = await retriever.search(found, { image: file, text });
    expect(score).toBeLessThanOrEqual(1.001);
    const [{ score: byId }] = await retriever.search(found, { image: 'a file', text });
    expect(score).toBeCloseTo(byId, 5);
    await found.dispose();
  });

  it.runIf(isPage)('tells when its worker fails', async () => {
    const worker = new Worker(new URL('./no-such-script.js', import.meta.url), { type: 'module' });
    await expect(loadInWorker({ clip, tokenizer: vocabulary }, { worker })).rejects.toThrow(
      'the worker of the retriever has failed',
    );
  });
});
