// What training scripts keep beside the weights, as Python's picklers write it: none of it keeps them from being read.
import { describe, expect, test } from 'vitest';
import { memorySource } from '../src/weights/source.ts';
import { openTorch } from '../src/weights/torch/open-torch.ts';
import * as p from './containers.ts';

const object = (module: string, name: string, state: p.Bytes): p.Bytes => [
  ...p.named(module, name),
  ...p.tuple(),
  0x81,
  ...state,
  0x62,
];
const latin1 = (text: string): p.Bytes => p.call(p.named('_codecs', 'encode'), p.text(text), p.text('latin1'));
const dtype: p.Bytes = [
  ...p.call(p.named('numpy', 'dtype'), p.text('f8'), [0x89], [0x88]),
  ...p.tuple(p.int(3), p.text('<'), p.none, p.none, p.int(-1), p.int(0)),
  0x62,
];
const options = p.dict(['lr', p.float(2e-6)], ['exp_name', p.text('tuned')]);
const path = p.call(p.named('pathlib', 'PosixPath'), p.text('/'), p.text('data'));
const pathKey: p.Bytes = [...p.emptyDict, ...path, ...p.int(1), 0x73];

const BESIDE: readonly [what: string, opcodes: p.Bytes][] = [
  ['a NumPy number', p.call(p.named('numpy.core.multiarray', 'scalar'), dtype, latin1('\x00\x80'))],
  ['a NumPy number of NumPy 2', p.call(p.named('numpy._core.multiarray', 'scalar'), dtype, [0x43, 2, 0xff, 0xfe])],
  [
    'a NumPy array',
    [
      ...p.call(
        p.named('numpy.core.multiarray', '_reconstruct'),
        p.named('numpy', 'ndarray'),
        p.tuple(p.int(0)),
        [0x43, 1, 0x62],
      ),
      ...p.tuple(p.int(1), p.tuple(p.int(2)), dtype, [0x89], [0x42, ...p.uint(4, 2), 0xff, 0xfe]),
      0x62,
    ],
  ],
  ["argparse's options", object('argparse', 'Namespace', options)],
  ['a class of the script', object('__main__', 'Config', p.tuple(p.none, options))],
  [
    'a config of OmegaConf',
    object('omegaconf.dictconfig', 'DictConfig', p.dict(['_content', p.call(p.named('builtins', 'set'), p.list())])),
  ],
  [
    'a dict of a class of its own',
    [...p.named('addict', 'Dict'), ...p.tuple(), 0x81, ...p.text('lr'), ...p.int(1), 0x73],
  ],
  [
    'a dict with a default',
    [...p.call(p.named('collections', 'defaultdict'), p.none), ...p.text('a'), ...p.int(1), 0x73],
  ],
  ['a deque', [...p.call(p.named('collections', 'deque'), p.list()), 0x28, ...p.int(1), ...p.int(2), 0x65]],
  ['a path', path],
  ['a path as a key', pathKey],
  ['an enum', p.call(p.named('config', 'Mode'), p.int(1))],
  ['an enum of Python 3.12', p.call(p.call(p.named('builtins', 'getattr'), p.named('config', 'Mode'), p.text('A')))],
  [
    'a partial function',
    [
      ...p.call(p.named('functools', 'partial'), p.named('torch.nn', 'LayerNorm')),
      ...p.tuple(p.named('torch.nn', 'LayerNorm'), p.tuple(), p.dict(['eps', p.float(1e-6)]), p.none),
      0x62,
    ],
  ],
  ['an object made with arguments by name', [...p.named('config', 'A'), ...p.tuple(), ...options, 0x92]],
  ["an object of Python 2's classes", [0x28, 0x69, ...p.ascii('config\nOld\n'), ...options, 0x62]],
  ["an object of Python 2's classes, as protocol 1 has it", [0x28, ...p.named('config', 'Old'), ...p.int(1), 0x6f]],
  ['sets', p.tuple([0x8f, 0x28, ...p.int(1), 0x90], [0x28, ...p.int(1), 0x91])],
  ['a tuple in itself, which picklers take back', p.tuple(p.int(1), [...p.int(2), 0x30], [0x28, ...p.int(3), 0x31])],
  ['a bytearray', [0x96, ...p.uint(8, 2), 0xff, 0xfe]],
  ['long bytes', [0x8e, ...p.uint(8, 2), 0xff, 0xfe]],
  ['a text of Python 2 that is not UTF-8', [0x55, 2, 0xff, 0xfe]],
  ['a random state of 128 bits', [0x8a, 17, ...Array<number>(16).fill(0xff), 0]],
  [
    'the class of a module, with its source',
    [...p.tuple(p.text('module'), p.named('clip.model', 'CLIP'), p.text('model.py'), p.text('class')), 0x51],
  ],
  ['a random state as a tensor', p.pair()],
  ['a call of os.system, which is not run', p.call(p.named('os', 'system'), p.text('touch /tmp/run'))],
  ['eval, as protocol 4 names it', [...p.text('builtins'), ...p.text('eval'), 0x93, ...p.tuple(p.text('1')), 0x52]],
];

const MAGIC: p.Bytes = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
/** A file from before PyTorch 1.6 with this pickle and storage `0` of two floats. */
const legacy = (pickle: Uint8Array): Uint8Array =>
  Uint8Array.from([
    ...MAGIC,
    ...p.pickle(p.int(1001)),
    ...p.pickle(p.dict(['little_endian', [0x88]])),
    ...pickle,
    ...p.pickle(p.list(p.text('0'))),
    ...p.uint(8, 2),
    ...new Uint8Array(8),
  ]);

describe.each([
  ['a zip', (pickle: Uint8Array) => p.saved(pickle)],
  ['a file from before PyTorch 1.6', legacy],
])('weights in %s are read beside', (_, save) => {
  test.each(BESIDE)('%s', async (_, beside) => {
    const checkpoint = p.pickle(p.dict(['epoch', p.int(3)], ['CLIP', p.dict(['w', p.pair()])], ['beside', beside]));
    const { tensors, metadata } = await openTorch(memorySource(save(checkpoint), 'file.pt'));
    expect([...tensors.keys()]).toEqual(['w']);
    expect(Object.fromEntries(metadata)).toEqual({ epoch: '3', class: 'CLIP' });
  });
});

test('a tensor with attributes of its own is read as the tensor', async () => {
  const args = p.tuple(p.storage('0', p.int(2)), p.int(0), p.tuple(p.int(2)), p.tuple(p.int(1)), [0x89], p.emptyDict);
  const typed = p.call(
    p.named('torch._tensor', '_rebuild_from_type_v2'),
    p.named('torch._utils', '_rebuild_tensor_v2'),
    p.named('torch.nn.parameter', 'Parameter'),
    args,
    p.dict(['decay', [0x88]]),
  );
  const parameter = p.call(p.named('torch._utils', '_rebuild_parameter_with_state'), p.pair(), [0x88], p.emptyDict);
  const file = p.saved(p.pickle(p.dict(['typed', typed], ['parameter', parameter])));
  const { tensors } = await openTorch(memorySource(file, 'file.pt'));
  expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([
    ['typed', [2]],
    ['parameter', [2]],
  ]);
});

test('complex numbers beside the weights of a zip are left where they are', async () => {
  const storage = p.storage('1', p.int(1), 'ComplexFloatStorage');
  const complex = p.tensor(storage, p.tuple(p.int(1)), p.tuple(p.int(1)));
  const file = p.saved(p.pickle(p.dict(['state_dict', p.dict(['w', p.pair()])], ['spectrum', complex])));
  expect([...(await openTorch(memorySource(file, 'file.pt'))).tensors.keys()]).toEqual(['w']);
});
