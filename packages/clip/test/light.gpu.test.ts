// Light weights, on the small models of the fixtures: what is in int8, that features hardly change, and the file.
import { add, compile, gather, input, openDevice, type Tensor, TensorStore } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type ClipModel,
  clipFingerprint,
  encodeImage,
  encodeText,
  entriesOf,
  foldBatchNorm,
  hostTensor,
  imageFingerprint,
  isTrainable,
  lightClip,
  modelPart,
  packTokens,
  readClipModel,
  readSafetensors,
  type Safetensors,
  safetensorsPieces,
  sourceFingerprint,
  storeClipModel,
  uploadClip,
  type Weights,
  weightsOf,
} from '../src/index.ts';
import { quantizeRows } from '../src/weights/int8.ts';
import { clipFixture, floats, nhwc, relativeDifference, tokenRows } from './reference.ts';

const device = await openDevice();
afterAll(() => device.close());

const open = async (name: string) => readClipModel(await clipFixture(name), { activation: 'quickgelu' });

/** What a file with this model holds. */
async function fileOf(model: ClipModel): Promise<{ bytes: Uint8Array; file: Safetensors }> {
  const pieces: BlobPart[] = [];
  for await (const piece of safetensorsPieces(storeClipModel(model, 'F32'))) pieces.push(new Uint8Array(piece));
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return { bytes, file: readSafetensors(bytes) };
}

/** The model with its int8 made floats. */
const widened = (model: ClipModel): ClipModel => ({
  ...model,
  tensors: new Map([...model.tensors].map(([name, { shape, read }]) => [name, { shape, read }])),
});

/** Features of the fixture's four images and texts. */
async function featuresOf(given: ClipModel, io: Safetensors): Promise<Record<'image' | 'text', Float32Array>> {
  const model = foldBatchNorm(given);
  const clip = await uploadClip(device, model);
  const size = model.config.imageResolution;
  const { tokens, eotPositions, length } = packTokens(tokenRows(io), model.config.contextLength);
  const run = async (make: (weights: Weights) => Tensor, inputs: Record<string, Float32Array | Uint32Array>) => {
    const program = await compile(device, { outputs: { features: make(clip.weights) } });
    const { features } = await program.runAndRead(inputs, ['features']);
    program.dispose();
    return features;
  };
  const pixels = nhwc(floats(io, 'reference_images'), size);
  const image = await run((weights) => encodeImage(input('pixels', [4, size, size, 3]), weights, model.config), {
    pixels,
  });
  const text = await run(
    (weights) =>
      encodeText(input('tokens', [4, length], 'u32'), input('eotPositions', [4], 'u32'), weights, model.config),
    { tokens, eotPositions },
  );
  clip.dispose();
  return { image, text };
}

/** The smallest cosine between the rows of two tables. */
function smallestCosine(a: Float32Array, b: Float32Array, width: number): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const rows = Array.from({ length: a.length / width }, (_, i) =>
    [a, b].map((table) => table.subarray(i * width, (i + 1) * width)),
  );
  return Math.min(...rows.map(([x, y]) => dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))));
}

/** `toEqual` takes seconds for arrays of this size. */
const isSame = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((value, i) => value === b[i]);

describe.each([
  { name: 'clip-vit', inFloats: /positional_embedding$|^text_projection$|^visual\.proj$/ },
  { name: 'clip-rn', inFloats: /positional_embedding$|^text_projection$|\.(conv\d|downsample\.0)\.weight$/ },
])('$name in int8', async ({ name, inFloats }) => {
  const model = await open(name);
  const io = await clipFixture(`${name}.io`);
  const { model: light, worst } = await lightClip(model);
  const { bytes, file } = await fileOf(light);
  const read = readClipModel(file);

  it('has features that are those of its floats, and close to those of the model that it was made of', async () => {
    const [found, same, before] = [
      await featuresOf(read, io),
      await featuresOf(widened(read), io),
      await featuresOf(model, io),
    ];
    for (const side of ['image', 'text'] as const) {
      expect(relativeDifference(found[side], same[side]), side).toBeLessThan(1e-5);
      expect(smallestCosine(found[side], before[side], model.config.embedDim), side).toBeGreaterThan(0.9995);
      expect(relativeDifference(found[side], before[side]), side).toBeGreaterThan(1e-4);
    }
    expect(worst.error).toBeGreaterThan(0.001);
    expect(worst.error).toBeLessThan(0.02);
    expect(light.tensors.get(worst.tensor)!.shape[0]).toBeGreaterThan(worst.row);
  });

  it('is in int8 but for what no kernel reads so', () => {
    const matrices = [...file.tensors].filter(([, { shape }]) => shape.length > 1);
    const floating = matrices.filter(([, { dtype }]) => dtype === 'F32').map(([tensor]) => tensor);
    expect(floating).toEqual(floating.filter((tensor) => inFloats.test(tensor)));
    expect(matrices.filter(([tensor]) => inFloats.test(tensor))).toHaveLength(floating.length);
  });

  it('is read back to the same bits', async () => {
    expect([...read.tensors.keys()].sort()).toEqual([...model.tensors.keys()].sort());
    expect(read.config).toEqual(model.config);
    for (const [tensor, { readInt8, ...packed }] of light.tensors) {
      const found = read.tensors.get(tensor)!;
      expect(isSame(await found.read(), await packed.read()), tensor).toBe(true);
      const [packed8, expected8] = [await found.readInt8?.(), await readInt8?.()];
      expect(packed8 === undefined, tensor).toBe(expected8 === undefined);
      if (packed8 && expected8) expect(isSame(packed8.values, expected8.values), tensor).toBe(true);
    }
    expect(isSame((await fileOf(read)).bytes, bytes)).toBe(true);
  });

  it('lies in the file part by part: texts, the token table, images', () => {
    const order = [...file.tensors.keys()].map(modelPart);
    expect(order).toEqual(order.toSorted((a, b) => PARTS.indexOf(a) - PARTS.indexOf(b)));
    expect([...file.tensors.keys()].filter((tensor) => modelPart(tensor) === 'token table')).toEqual([
      'token_embedding.weight.scale',
      'token_embedding.weight',
    ]);
  });

  it('knows the model that it was made of, and is another', async () => {
    for (const preprocessing of [{ transform: 'clip' }, { transform: 'targetpad', targetRatio: 1.5 }] as const) {
      const source = await imageFingerprint(model, preprocessing);
      expect(await sourceFingerprint(read, preprocessing)).toBe(source);
      expect(await imageFingerprint(read, preprocessing)).not.toBe(source);
      expect(await sourceFingerprint(model, preprocessing)).toBeUndefined();
    }
    // A Combiner of that model is one of this.
    expect(await clipFingerprint(read)).toBe(await clipFingerprint(model));
  });

  it('is not trained, and not packed again', async () => {
    await expect(uploadClip(device, read, isTrainable)).rejects.toThrow(
      /light weights \(int8\) are for searching alone/,
    );
    await expect(lightClip(read)).rejects.toThrow('is in int8 already');
  });
});

const PARTS = ['text', 'token table', 'image'];

it('takes little more than a quarter of the memory on the device', async () => {
  const model = await open('clip-vit');
  const sizeOf = async (given: ClipModel) => {
    const clip = await uploadClip(device, given);
    const { size } = clip.frozen;
    clip.dispose();
    return size;
  };
  expect(await sizeOf((await lightClip(model)).model)).toBeLessThan(0.4 * (await sizeOf(model)));
});

it('looks tokens up in a table that is larger than a binding, each part with its own scales', async () => {
  const { model } = await lightClip(await open('clip-vit'));
  const name = 'token_embedding.weight';
  const table = model.tensors.get(name)!;
  const entries = entriesOf({ ...model, tensors: new Map([[name, table]]) });
  const store = TensorStore.create(device, entries, 'table', { maxBinding: 2 ** 15 });
  const { values, scales } = await table.readInt8!();
  await store.upload(name, values);
  await store.upload(`${name}.scale`, scales);
  const parts = weightsOf(store).parts(name);
  expect(parts.map(({ firstRow }) => firstRow)).toEqual([0, 256]);
  const tokens = input('tokens', [4], 'u32');
  const rows = parts.map(({ tensor, firstRow }) => gather(tensor, tokens, { firstRow }));
  const program = await compile(device, { outputs: { rows: add(rows[0], rows[1]) } });
  const found = await program.runAndRead({ tokens: Uint32Array.of(0, 255, 256, 511) }, ['rows']);
  const floats = await table.read();
  expect(found.rows).toEqual(
    Float32Array.from([0, 255, 256, 511].flatMap((row) => [...floats.subarray(row * 128, row * 128 + 128)])),
  );
  for (const owned of [program, store]) owned.dispose();
});

describe('rows in int8', () => {
  it('are off by half a step at most, and keep their largest value', () => {
    const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * i) * (i < 32 ? 1e-3 : 40));
    const { values: bytes, scales } = quantizeRows('x', values, 2);
    for (const row of [0, 1]) {
      const mine = values.subarray(row * 32, row * 32 + 32);
      const largest = Math.max(...mine.map(Math.abs));
      expect(scales[row]).toBe(Math.fround(largest / 127));
      expect(Math.max(...bytes.subarray(row * 32, row * 32 + 32).map(Math.abs))).toBe(127);
      for (const [i, value] of mine.entries()) {
        expect(Math.abs(bytes[row * 32 + i] * scales[row] - value)).toBeLessThanOrEqual(scales[row] * 0.50001);
      }
    }
  });

  it('are symmetric, also where a value lies half way', () => {
    expect([...quantizeRows('x', Float32Array.of(127, 0.5, -0.5, 1.5, -1.5, -127), 1).values]).toEqual([
      127, 1, -1, 2, -2, -127,
    ]);
  });

  it('are zero where all values are, or are too small for a scale', () => {
    const { values, scales } = quantizeRows('x', Float32Array.of(0, 0, 1e-45, -1e-45), 2);
    expect([...values, ...scales]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('are refused where a value is not finite', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => quantizeRows('mlp', Float32Array.of(1, 2, 3, bad), 2)).toThrow(
        `CLIP weights: mlp: expected finite values, found ${bad} in row 1.`,
      );
    }
  });
});

describe('a light file that is damaged', async () => {
  const { model } = await lightClip(await open('clip-vit'));
  const { file } = await fileOf(model);
  const name = 'transformer.resblocks.0.mlp.c_fc.weight';
  const without = (key: string) => new Map([...file.tensors].filter(([tensor]) => tensor !== key));
  const but = (key: string, value: string) => new Map([...file.metadata, [key, value]]);

  it.each([
    [
      'has no scales',
      { ...file, tensors: without(`${name}.scale`) },
      `${name}.scale: expected F32 [512], one for each row, found none`,
    ],
    [
      'has scales of other rows',
      { ...file, tensors: new Map([...file.tensors, [`${name}.scale`, file.tensors.get('ln_final.bias')!]]) },
      `${name}.scale: expected F32 [512], one for each row, found F32 [128]`,
    ],
    [
      'is in another storage',
      { ...file, metadata: but('webcir.storage', 'int4') },
      'webcir.storage: expected int8, found int4',
    ],
    [
      'does not say that it is light',
      { ...file, metadata: new Map([...file.metadata].filter(([key]) => key !== 'webcir.storage')) },
      'expected floating point values, found I8',
    ],
    [
      'has no digests but a text',
      { ...file, metadata: but('webcir.made-of', '"x"') },
      'webcir.made-of: expected a list of SHA-256 digests',
    ],
  ])('%s', (_, damaged, message) => {
    expect(() => readClipModel(damaged)).toThrow(message);
  });

  it('has the digests of another model', async () => {
    const other = { ...model, madeOf: model.madeOf!.slice(1) };
    await expect(sourceFingerprint(other, { transform: 'clip' })).rejects.toThrow(/digests of \d+ tensors do not fit/);
  });

  it('has a scale that is not finite', async () => {
    const { values, scales } = (await model.tensors.get(name)!.readInt8!())!;
    const spoilt = {
      ...hostTensor([512, 128], new Float32Array(0)),
      readInt8: async () => ({ values, scales: scales.map(() => Number.NaN) }),
    };
    const tensors = new Map([...model.tensors, [name, spoilt]]);
    await expect(uploadClip(device, { ...model, tensors })).rejects.toThrow(
      `CLIP weights: ${name}.scale: expected finite values`,
    );
  });
});
