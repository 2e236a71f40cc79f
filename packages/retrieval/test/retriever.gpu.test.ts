// The whole way from bytes to found images, in Node and in a page.
import {
  blobSource,
  type ClipModel,
  clipFingerprint,
  initialVit,
  normalizePixels,
  openSafetensors,
  preprocess,
  type RawImage,
  storeClipModel,
  storeTensors,
  textTokenizer,
  uploadClip,
} from '@webcir/clip';
import { combine, elementwiseSum, uploadCombiner } from '@webcir/combiner';
import { openDevice, type Tensor } from '@webcir/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Fusion,
  type Gallery,
  GalleryIndex,
  ImageEncoder,
  Retriever,
  readCombinerModel,
  storeCombinerModel,
  TextEncoderPrograms,
} from '../src/index.ts';
import {
  blobOf,
  combinerTensors,
  image,
  images,
  model,
  random,
  sizes,
  text,
  tokenizer,
  vision,
  vocabularyBytes,
  words,
} from './small.ts';

const device = await openDevice();
afterAll(() => device.close());

let clipFile: Blob;
let combinerFile: Blob;
beforeAll(async () => {
  clipFile = await blobOf(storeClipModel(model, 'F32'));
  combinerFile = await blobOf({ tensors: storeTensors(combinerTensors, 'F32'), metadata: new Map() });
});

/** The same search step by step: encode, fuse, rank, each by itself. */
async function byHand(reference: RawImage, caption: string, hasCombiner: boolean, k: number) {
  const clip = await uploadClip(device, model);
  const { config } = model;
  const planes = (shown: RawImage) =>
    normalizePixels(preprocess(shown, { transform: 'squarepad', size: config.imageResolution }));
  const all = [...images.values(), reference];
  const encoder = await ImageEncoder.create(device, config, clip.weights, 8);
  const { features } = await encoder.encode(all.map((shown, i) => [String(i), planes(shown)]));
  const texts = new TextEncoderPrograms(device, config, clip.weights);
  const caption1 = await texts.encode([textTokenizer(model, tokenizer)(caption).rows]);
  const combiner = await uploadCombiner(device, { config: sizes, tensors: combinerTensors });
  const fuse = (a: Tensor, b: Tensor) =>
    hasCombiner ? combine(a, b, (name) => combiner.tensor(name)) : elementwiseSum(a, b);
  const fusion = await Fusion.create(device, config.embedDim, fuse, 1);
  const query = await fusion.run(features.slice(images.size * config.embedDim), caption1);
  const index = await GalleryIndex.create(device, features.slice(0, images.size * config.embedDim), config.embedDim);
  const { indices, scores } = await index.search(query, k);
  await index.dispose();
  fusion.dispose();
  encoder.dispose();
  await texts.dispose();
  combiner.dispose();
  clip.dispose();
  const names = [...images.keys()];
  return Array.from(indices, (row, i) => ({ id: names[row], rank: i + 1, score: scores[i] }));
}

describe('Retriever', () => {
  let retriever: Retriever;
  let gallery: Gallery;
  beforeAll(async () => {
    retriever = await Retriever.load({ clip: clipFile, combiner: combinerFile, tokenizer: vocabularyBytes, device });
    gallery = await retriever.index(images);
  });
  afterAll(async () => {
    await gallery.dispose();
    await retriever.dispose();
  });

  it('finds what encoding, fusing and ranking one after the other find', async () => {
    const reference = image(20, 14);
    for (const caption of ['a red dress', 'is much longer and darker with stripes']) {
      const found = await retriever.search(gallery, { image: reference, text: caption, k: 12 });
      const expected = await byHand(reference, caption, true, 12);
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      for (const [i, { rank, score }] of found.entries()) {
        expect(rank).toBe(i + 1);
        expect(Math.abs(score - expected[i].score)).toBeLessThan(1e-6);
      }
    }
  });

  it('takes the plain sum where there is no Combiner, and models that have been read', async () => {
    const plain = await Retriever.load({ clip: model, tokenizer, device });
    const own = await plain.restore(gallery.ids, gallery.features);
    const reference = image(16, 16);
    const found = await plain.search(own, { image: reference, text: 'a dress' });
    const expected = await byHand(reference, 'a dress', false, 10);
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    for (const [i, { score }] of found.entries()) expect(Math.abs(score - expected[i].score)).toBeLessThan(1e-6);
    await own.dispose();
    await plain.dispose();
  });

  it('takes an image of the gallery by its id, with the feature that it has there', async () => {
    const query = { text: 'is darker', k: 37 };
    const byId = await retriever.search(gallery, { image: 'image 7', ...query });
    const byImage = await retriever.search(gallery, { image: images.get('image 7')!, ...query });
    expect(byId.map(({ id }) => id)).toEqual(byImage.map(({ id }) => id));
    for (const [i, { score }] of byId.entries()) expect(Math.abs(score - byImage[i].score)).toBeLessThan(1e-5);
  });

  it('keeps searches apart that run at the same time', async () => {
    const captions = ['a red dress', 'is longer', 'with stripes and much darker', 'is darker'];
    const queries = captions.map((caption, i) => ({ image: images.get(`image ${3 * i}`)!, text: caption, k: 5 }));
    const inTurn = [];
    for (const query of queries) inTurn.push(await retriever.search(gallery, query));
    expect(await Promise.all(queries.map((query) => retriever.search(gallery, query)))).toEqual(inTurn);
  });

  it('keeps retrievers apart that search one gallery', async () => {
    const plain = await Retriever.load({ clip: model, tokenizer, device });
    const query = { image: image(16, 16), text: 'a dress', k: 37 };
    const [combined, summed] = [await retriever.search(gallery, query), await plain.search(gallery, query)];
    const [first, second] = [
      await byHand(query.image, 'a dress', true, 37),
      await byHand(query.image, 'a dress', false, 37),
    ];
    for (const [found, expected] of [
      [combined, first],
      [summed, second],
    ]) {
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    }
    await plain.dispose();
    expect(await retriever.search(gallery, query)).toEqual(combined);
  });

  it('says so when it, or the gallery, is disposed of, or the gallery is on another device', async () => {
    const gone = await Retriever.load({ clip: clipFile, tokenizer, device });
    const few = await gone.index(new Map([...images].slice(0, 3)));
    const query = { image: 'image 0', text: 'red' };
    await gone.search(few, query);
    await gone.dispose();
    await gone.dispose();
    await expect(gone.search(few, query)).rejects.toThrow('this retriever is disposed of: load another one');
    await expect(gone.index(images)).rejects.toThrow('this retriever is disposed of');
    await few.dispose();
    await few.dispose();
    await expect(retriever.search(few, query)).rejects.toThrow('this gallery is disposed of: index its images again');
    const elsewhere = await Retriever.load({ clip: clipFile, tokenizer });
    await expect(elsewhere.search(gallery, query)).rejects.toThrow('the gallery is on another device');
    await elsewhere.dispose();
  });

  it('is one submit and one read-back, once it is warm', async () => {
    const query = { image: image(9, 9), text: 'is longer', k: 3 };
    await retriever.search(gallery, query);
    let submits = 0;
    const { queue } = device.gpu;
    const original = queue.submit;
    Object.defineProperty(queue, 'submit', {
      configurable: true,
      value: (buffers: GPUCommandBuffer[]) => {
        submits++;
        return original.call(queue, buffers);
      },
    });
    let buffers = 0;
    const create = device.gpu.createBuffer;
    Object.defineProperty(device.gpu, 'createBuffer', {
      configurable: true,
      value: (descriptor: GPUBufferDescriptor) => {
        buffers++;
        return create.call(device.gpu, descriptor);
      },
    });
    await retriever.search(gallery, query).finally(() => {
      Reflect.deleteProperty(queue, 'submit');
      Reflect.deleteProperty(device.gpu, 'createBuffer');
    });
    expect({ submits, buffers }).toEqual({ submits: 1, buffers: 0 });
  });

  it('indexes images as they come', async () => {
    async function* decoded() {
      for (const [id, shown] of images) yield [id, await Promise.resolve(shown)] as const;
    }
    const streamed = await retriever.index(decoded());
    expect(streamed.ids).toEqual(gallery.ids);
    expect(streamed.features).toEqual(gallery.features);
    await streamed.dispose();
  });

  it('leaves out an image that is none, where someone is told', async () => {
    const broken = { ...image(4, 4), width: 5 };
    const entries = [...images.entries()].slice(0, 3).toSpliced(1, 0, ['broken', broken]);
    await expect(retriever.index(entries)).rejects.toThrow('5 x 4 x 3 = 60 values, found 48');
    const told: [string, string][] = [];
    const rest = await retriever.index(entries, { onUnreadable: (id, { message }) => told.push([id, message]) });
    expect(told).toEqual([['broken', expect.stringContaining('5 x 4 x 3 = 60 values, found 48')]]);
    expect(rest.ids).toEqual(['image 0', 'image 1', 'image 2']);
    expect(rest.features).toEqual(gallery.features.subarray(0, 66));
    await rest.dispose();
  });

  it('finds two images of one id before it encodes the others', async () => {
    let taken = 0;
    async function* many() {
      for (taken = 0; taken < 1000; taken++) yield [`image ${taken % 30}`, image(4, 4)] as const;
    }
    await expect(retriever.index(many())).rejects.toThrow("two images to be indexed are named 'image 0'");
    expect(taken).toBeLessThan(1000);
  });

  it('returns the whole of a gallery that is smaller than k', async () => {
    const few = await retriever.index(new Map([...images].slice(0, 3)));
    expect(await retriever.search(few, { image: image(8, 8), text: 'red' })).toHaveLength(3);
    await few.dispose();
  });

  it('finds an image by its name in either form of Unicode, and keeps names as they are given', async () => {
    const [apart, composed] = ['e\u0301', '\u00e9'];
    const rows = Float32Array.from(gallery.features.subarray(0, 2 * retriever.config.embedDim));
    const [first, second] = [0, 1].map((row) => rows.subarray((row * rows.length) / 2, ((row + 1) * rows.length) / 2));
    const named = await retriever.restore([apart, 'b'], rows);
    for (const id of [apart, composed]) expect(named.featureOf(id)).toEqual(first);
    const found = await retriever.search(named, { image: composed, text: 'red' });
    expect(found.map(({ id }) => id).toSorted()).toEqual(['b', apart]);
    await named.dispose();
    const both = await retriever.restore([apart, composed], rows);
    expect(both.featureOf(composed)).toEqual(second);
    await both.dispose();
  });

  it('says what is wrong with a query', async () => {
    const search = (query: object, where = gallery) =>
      retriever.search(where, { image: 'image 0', text: 'red', ...query });
    await expect(search({ k: 0 })).rejects.toThrow('k: expected a whole number from 1 to 128, found 0');
    await expect(search({ k: 129 })).rejects.toThrow('found 129');
    await expect(search({ image: 'nowhere' })).rejects.toThrow("the gallery has no image 'nowhere'");
    await expect(search({ text: ' \n' })).rejects.toThrow('text: expected how the wanted image differs, found " \\n"');
    await expect(search({ text: 'zebra' })).rejects.toThrow('text: the model knows no word of "zebra"');
    await expect(search({ text: `${words} ${words}` })).rejects.toThrow(
      'the model reads at most 16 (truncate cuts it)',
    );
    expect(await search({ text: `${words} ${words}`, truncate: true })).toHaveLength(10);
    const other = await Retriever.load({
      clip: initialVit({ ...vision, ...text, embedDim: 8 }, random),
      tokenizer,
      device,
    });
    const narrow = await other.index(new Map([...images].slice(0, 2)));
    await expect(search({}, narrow)).rejects.toThrow('the gallery has features of 8 values, this model makes 22');
    await narrow.dispose();
    await other.dispose();
    // Finite weights whose features overflow.
    const huge = new Map(
      [...model.tensors].map(([name, { shape, read }]) => [
        name,
        { shape, read: async () => (name === 'visual.proj' ? (await read()).map(() => 3e38) : read()) },
      ]),
    );
    const overflowing = await Retriever.load({ clip: { ...model, tensors: huge }, tokenizer, device });
    await expect(overflowing.index(new Map([['dress.jpg', image(9, 9)]]))).rejects.toThrow(
      /images: expected finite features, found \S+ for dress\.jpg/,
    );
    await overflowing.dispose();
    await expect(retriever.index(new Map())).rejects.toThrow('expected at least one image');
    await expect(retriever.restore(['a'], new Float32Array(3))).rejects.toThrow('expected 1 features of 22 values');
    await expect(retriever.restore(['a', 'b', 'a'], new Float32Array(66).fill(1))).rejects.toThrow(
      "two images are named 'a'",
    );
  });

  it('refuses a gallery of another CLIP or preprocessing, though it has the same width', async () => {
    const few = new Map([...images].slice(0, 3));
    const query = { image: image(8, 8), text: 'red' };
    const changed = (name: string): ClipModel => {
      const { shape, read } = model.tensors.get(name)!;
      const values = async () => (await read()).map((value) => value * 1.001);
      return { ...model, tensors: new Map([...model.tensors, [name, { shape, read: values }]]) };
    };
    const made = await retriever.index(few);
    const fingerprint = await made.fingerprint();
    expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
    for (const [options, isSame] of [
      [{ clip: clipFile }, true],
      [{ clip: await blobOf(storeClipModel(model, 'F16')) }, true],
      [{ clip: changed('text_projection') }, true],
      [{ clip: changed('visual.proj') }, false],
      [{ clip: { ...model, config: { ...model.config, activation: 'gelu' as const } } }, false],
      [{ clip: clipFile, preprocessing: { transform: 'clip' as const } }, false],
      [{ clip: clipFile, preprocessing: { transform: 'squarepad' as const } }, true],
    ] as const) {
      const other = await Retriever.load({ tokenizer, device, ...options });
      const message = /^the gallery was made by another CLIP, or with another preprocessing, .* is [0-9a-f]+, expected/;
      if (isSame) {
        expect(await other.search(made, query)).toHaveLength(3);
        await (await other.restore(made.ids, made.features, fingerprint)).dispose();
      } else {
        await expect(other.search(made, query)).rejects.toThrow(message);
        await expect(other.restore(made.ids, made.features, fingerprint)).rejects.toThrow(message);
      }
      await other.dispose();
    }
    await made.dispose();
  });

  it('refuses the Combiner of another CLIP, where its file says which one it was trained with', async () => {
    const content = storeCombinerModel({ tensors: combinerTensors, clip: await clipFingerprint(model) }, 'F32');
    const own = await blobOf(content);
    for (const dtype of ['F32', 'F16'] as const) {
      const clip = await blobOf(storeClipModel(model, dtype));
      await (await Retriever.load({ clip, combiner: own, tokenizer, device })).dispose();
    }
    const other = { ...initialVit({ ...vision, ...text }, random), preprocessing: model.preprocessing };
    await expect(Retriever.load({ clip: other, combiner: own, tokenizer, device })).rejects.toThrow(
      'the Combiner was trained on features of another CLIP, though of the same width',
    );
    await (await Retriever.load({ clip: other, combiner: combinerFile, tokenizer, device })).dispose();
  });

  it('says what is wrong with a model', async () => {
    const load = (options: object) => Retriever.load({ clip: clipFile, tokenizer, device, ...options });
    await expect(load({ clip: new Uint8Array(100) })).rejects.toThrow(/^clip: /);
    await expect(load({ clip: combinerFile })).rejects.toThrow(/^clip: /);
    await expect(load({ combiner: clipFile })).rejects.toThrow(
      'combiner: expected a Combiner, found a CLIP: are the two files swapped?',
    );
    const page = new TextEncoder().encode('<!doctype html><html></html>');
    for (const name of ['clip', 'combiner', 'tokenizer']) {
      await expect(load({ [name]: page })).rejects.toThrow(new RegExp(`^${name}: .*found a web page`));
    }
    const spoilt = (name: string, tensors: ClipModel['tensors'], value: number) => {
      const { shape, read } = tensors.get(name)!;
      const values = async () => (await read()).with(1, value);
      return new Map([...tensors, [name, { shape, read: values }]]);
    };
    const withNaN = (name: string) => ({ clip: { ...model, tensors: spoilt(name, model.tensors, Number.NaN) } });
    await expect(load(withNaN('text_projection'))).rejects.toThrow(
      'CLIP weights: text_projection: expected finite values, found NaN at place 1',
    );
    const blind = await load(withNaN('visual.proj')); // the image encoder is read when it is needed
    await expect(blind.index(images)).rejects.toThrow('CLIP weights: visual.proj: expected finite values, found NaN');
    await blind.dispose();
    const { config, tensors } = readCombinerModel(await openSafetensors(blobSource(combinerFile, 'combiner')));
    const infinite = { config, tensors: spoilt('output_layer.bias', tensors, Number.POSITIVE_INFINITY) };
    await expect(load({ combiner: infinite })).rejects.toThrow(
      'Combiner weights: output_layer.bias: expected finite values, found Infinity at place 1',
    );
    await expect(load({ tokenizer: new TextEncoder().encode('a b c') })).rejects.toThrow(
      /^tokenizer: Vocabulary line 1/,
    );
    await expect(load({ tokenizer: 'http://localhost:1/none' })).rejects.toThrow(
      'tokenizer: http://localhost:1/none cannot be fetched',
    );
    const wide = { featureDim: 640, projectionDim: 2560, hiddenDim: 5120 };
    await expect(load({ combiner: { config: wide, tensors: new Map() } })).rejects.toThrow(
      'the Combiner takes features of 640 values, this CLIP makes 22',
    );
  });

  it('takes the preprocessing of the model, unless it is told another one', async () => {
    expect(retriever.preprocessing).toEqual({ transform: 'squarepad', targetRatio: 1.25 });
    const told = await Retriever.load({ clip: clipFile, tokenizer, device, preprocessing: { transform: 'clip' } });
    expect(told.preprocessing).toEqual({ transform: 'clip' });
    await told.dispose();
    const { preprocessing: _, ...silent } = model;
    const usual = await Retriever.load({ clip: silent, tokenizer, device });
    expect(usual.preprocessing).toEqual({ transform: 'targetpad', targetRatio: 1.25 });
    await usual.dispose();
  });

  it('closes a device that it opened, and leaves that of a host alone', async () => {
    const own = await Retriever.load({ clip: clipFile, tokenizer });
    const { lost } = own.device.gpu;
    await own.dispose();
    expect((await lost).reason).toBe('destroyed');
    const host = await Retriever.load({ clip: clipFile, tokenizer, device: device.gpu });
    await host.dispose();
    await expect(device.idle()).resolves.toBeUndefined();
  });
});
