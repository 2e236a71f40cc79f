import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { float32FromFloat16 } from '../src/float16.ts';
import type { TensorDtype } from '../src/weights/dtype.ts';
import { type ByteSource, blobSource, memorySource } from '../src/weights/source.ts';
import { openTorch } from '../src/weights/torch/open-torch.ts';
import type { WeightFile, WeightTensor } from '../src/weights/weight-file.ts';
import * as p from './containers.ts';
import { clipFixture, loadFixture } from './reference.ts';

const openBytes = (bytes: Uint8Array): Promise<WeightFile> => openTorch(memorySource(bytes, 'file.pt'));
const openFixture = async (name: string): Promise<WeightFile> => openBytes(await p.container(name));

const VIEWS: { readonly [dtype in TensorDtype]: (buffer: ArrayBuffer) => ArrayLike<number | bigint> } = {
  F64: (buffer) => new Float64Array(buffer),
  F32: (buffer) => new Float32Array(buffer),
  F16: (buffer) => float32FromFloat16(new Uint16Array(buffer)),
  // BF16 values are the upper halves of float32.
  BF16: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer),
  I64: (buffer) => new BigInt64Array(buffer),
  I32: (buffer) => new Int32Array(buffer),
  I16: (buffer) => new Int16Array(buffer),
  I8: (buffer) => new Int8Array(buffer),
  U8: (buffer) => new Uint8Array(buffer),
  BOOL: (buffer) => new Uint8Array(buffer),
};
const valuesOf = (dtype: TensorDtype, bytes: Uint8Array): Float64Array =>
  Float64Array.from(VIEWS[dtype](new Uint8Array(bytes).buffer), Number);
const read = async (tensor: WeightTensor): Promise<number[]> => [...valuesOf(tensor.dtype, await tensor.read())];
const contents = async (file: WeightFile) =>
  Promise.all([...file.tensors].map(async ([name, tensor]) => [name, tensor.shape, await read(tensor)]));

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const combinerWeights = () => loadFixture(new URL('../../train/test/fixtures/combiner.safetensors', import.meta.url));

/** OpenAI's archives keep matrices in half precision and the rest in single. */
const openaiDtype = (name: string, shape: readonly number[]): TensorDtype => {
  if (name.endsWith('num_batches_tracked')) return 'I64';
  return shape.length >= 2 ? 'F16' : 'F32';
};

describe('openTorch', () => {
  test.each([
    ['openai-vit.pt', 'PyTorch (TorchScript)', () => clipFixture('clip-vit'), openaiDtype, {}],
    ['openai-rn.pt', 'PyTorch (TorchScript)', () => clipFixture('clip-rn'), openaiDtype, {}],
    ['tuned_clip_vit.pt', 'PyTorch (zip)', () => clipFixture('clip-vit'), () => 'F32', { epoch: '3', class: 'CLIP' }],
    ['combiner.pt', 'PyTorch (zip)', combinerWeights, () => 'F32', { epoch: '5', class: 'Combiner' }],
    ['combiner-legacy.pt', 'PyTorch (before 1.6)', combinerWeights, () => 'F32', { epoch: '5', class: 'Combiner' }],
  ] as const)('reads every tensor of %s', async (name, format, expected, dtypeOf, metadata) => {
    const file = await openFixture(name);
    const { tensors } = await expected();
    expect(file.format).toBe(format);
    expect(Object.fromEntries(file.metadata)).toEqual(metadata);
    expect([...file.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [key, tensor] of file.tensors) {
      const { dtype, shape, bytes } = tensors.get(key)!;
      expect(tensor.shape, key).toEqual(shape);
      expect(tensor.dtype, key).toBe(dtypeOf(key, shape));
      const found = valuesOf(tensor.dtype, await tensor.read());
      expect(found.length, key).toBe(shape.reduce((product, size) => product * size, 1));
      expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(valuesOf(dtype, bytes).buffer)), key).toBe(0);
    }
  });

  test('reads every dtype, no axes, no values, and names beyond ASCII', async () => {
    const { tensors } = await openFixture('every-dtype.pt');
    const signed = 'float64 F64 float32 F32 float16 F16 bfloat16 BF16 int64 I64 int32 I32 int16 I16 int8 I8'.split(' ');
    for (let i = 0; i < signed.length; i += 2) {
      const tensor = tensors.get(`dtype.${signed[i]}`)!;
      expect(tensor).toMatchObject({ dtype: signed[i + 1], shape: [2, 3] });
      expect(await read(tensor)).toEqual([-3, -2, -1, 0, 1, 2]);
    }
    expect(await read(tensors.get('dtype.uint8')!)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await read(tensors.get('dtype.bool')!)).toEqual([0, 1, 1, 1, 1, 1]);
    expect(tensors.get('scalar')!.shape).toEqual([]);
    expect(await read(tensors.get('scalar')!)).toEqual([2.5]);
    expect(tensors.get('empty')!.shape).toEqual([2, 0, 3]);
    expect(await read(tensors.get('empty')!)).toEqual([]);
    expect(await read(tensors.get('five axes')!)).toEqual(range(32));
    expect(await read(tensors.get('größe')!)).toEqual(range(300));
  });

  test.each(['views.pt', 'views-protocol4.pt', 'views-legacy.pt'])(
    'reads views of shared storages of %s',
    async (name) => {
      const file = await openFixture(name);
      expect(Object.fromEntries(file.metadata)).toEqual({ epoch: '7' });
      expect(await contents(file)).toEqual([
        ['module.whole', [4, 6], range(24)],
        ['module.transposed', [6, 4], range(24).map((i) => 6 * (i % 4) + Math.floor(i / 4))],
        ['module.row', [6], [12, 13, 14, 15, 16, 17]],
        ['module.column', [4], [1, 7, 13, 19]],
        ['module.corner', [2, 3], [6, 8, 10, 12, 14, 16]],
        [
          'module.permuted',
          [4, 2, 3],
          range(24).map((i) => 12 * (Math.floor(i / 3) % 2) + 4 * (i % 3) + Math.floor(i / 6)),
        ],
        ['module.none', [6, 0], []],
        ['module.parameter', [2], [1.5, -2.5]],
      ]);
    },
  );

  test('reads ranges, and of a tensor no more than its own', async () => {
    const bytes = await p.container('openai-vit.pt');
    let count = 0;
    const blob = blobSource(new Blob([bytes]), 'file.pt');
    const source: ByteSource = {
      ...blob,
      read(offset, length) {
        count += length;
        return blob.read(offset, length);
      },
    };
    const file = await openTorch(source);
    expect(count).toBeLessThan(100_000);
    count = 0;
    await file.tensors.get('token_embedding.weight')!.read();
    expect(count).toBe(512 * 128 * 2);
  });

  test("reads TorchScript's modules by their dotted names, OpenAI's sizes among them", async () => {
    const scalar = p.tensor(p.storage('0', p.int(2)), p.tuple(), p.tuple());
    const inner = p.script(p.dict(['weight', p.pair()], ['training', p.none]));
    const tag = p.call(p.named('torch.jit._pickle', 'restore_type_tag'), p.list(p.int(1)), p.text('List[int]'));
    const ints = p.call(p.named('torch.jit._pickle', 'build_intlist'), p.list(p.int(1), p.int(2)));
    const block = p.script(p.dict(['proj', inner], ['bias', p.pair()], ['tag', tag], ['ints', ints]));
    const root = p.script(p.dict(['visual', block], ['input_resolution', scalar], ['scale', scalar]));
    const { tensors } = await openBytes(p.saved(p.pickle(root)));
    expect([...tensors.keys()]).toEqual(['input_resolution', 'scale', 'visual.bias', 'visual.proj.weight']);
  });

  test("reads Python 2's texts and dicts", async () => {
    const old = (text: string): p.Bytes => [0x55, text.length, ...p.ascii(text)];
    const pairs = p.list(p.list(old('a'), p.pair()), p.list(old('b'), p.pair()));
    const bytes = p.saved(p.pickle(p.call(p.named('collections', 'OrderedDict'), pairs)));
    expect([...(await openBytes(bytes)).tensors.keys()]).toEqual(['a', 'b']);
  });

  test('takes a tensor called __proto__ for a tensor', async () => {
    const { tensors } = await openBytes(p.saved(p.pickle(p.dict(['__proto__', p.pair()], ['toString', p.pair()]))));
    expect([...tensors.keys()]).toEqual(['__proto__', 'toString']);
  });

  test('unpacks a compressed pickle', async () => {
    const data = p.pickle(p.dict(['w', p.pair()]));
    const bytes = p.zip([
      { name: 'a/data.pkl', bytes: deflateRawSync(data), method: 8, size: data.length },
      { name: 'a/data/0', bytes: new Uint8Array(8) },
      { name: 'a/byteorder', bytes: Uint8Array.from(p.ascii('little')) },
    ]);
    expect([...(await openBytes(bytes)).tensors.keys()]).toEqual(['w']);
  });
});
