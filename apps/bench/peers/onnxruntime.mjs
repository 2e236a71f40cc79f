// ONNX Runtime on its WebGPU or its CPU execution provider. The arrays are part of the model, so that they are on the
// device before a run; and the model that is timed hands back one number of its result, so that nothing else has to be
// read. Optimizations are off, as they would compute such a model when it is loaded; single ops have nothing to fuse.
import ort from 'onnxruntime-node';
import { numbers, unitRows } from '../src/measure/numbers.ts';
import { model, node, tensor } from './onnx.mjs';
import { cannot, serve } from './serve.mjs';

const provider = process.argv[2];

const elements = (shape) => shape.reduce((product, size) => product * size, 1);
const array = (name, shape, scale) => tensor(name, shape, numbers(name, elements(shape), scale));
const integers = (name, values) => tensor(name, [values.length], BigInt64Array.from(values, BigInt));

/** Nodes that make 'y' (or 'values' and 'indices') out of initializers. */
function formula(work) {
  switch (work.kind) {
    case 'matmul': {
      const { layout, rows, inner, columns } = work;
      const [ta, tb] = [layout[0] === 'T', layout[1] === 'T'];
      const a = array('a', ta ? [inner, rows] : [rows, inner]);
      const b = array('b', tb ? [columns, inner] : [inner, columns]);
      return { nodes: [node('Gemm', ['a', 'b'], ['y'], { transA: Number(ta), transB: Number(tb) })], arrays: [a, b] };
    }
    case 'layernorm': {
      const { rows, width } = work;
      return {
        nodes: [node('LayerNormalization', ['x', 'weight', 'bias'], ['y'], { axis: -1, epsilon: 1e-5 })],
        arrays: [array('x', [rows, width]), array('weight', [width]), array('bias', [width])],
      };
    }
    case 'softmax':
      return {
        nodes: [node('Softmax', ['x'], ['y'], { axis: -1 })],
        arrays: [array('x', [work.rows, work.columns], 4)],
      };
    case 'attention': {
      const { batch, heads, tokens, headSize, backward } = work;
      if (backward) throw cannot({ kind: 'training' });
      const arrays = [array('qkv', [batch, tokens, 3 * heads * headSize])];
      const split = node('Split', ['qkv'], ['q', 'k', 'v'], { axis: -1 });
      if (provider === 'cpu') {
        const fused = node('MultiHeadAttention', ['q', 'k', 'v'], ['y'], { num_heads: heads }, 'com.microsoft');
        return { nodes: [split, fused], arrays };
      }
      // Its fused attention on WebGPU differs from everybody else's by 5 % on lavapipe, so it is composed.
      const byHead = (name, perm) => [
        node('Reshape', [name, 'heads'], [`${name} split`]),
        node('Transpose', [`${name} split`], [`${name} by head`], { perm }),
      ];
      const nodes = [
        split,
        ...byHead('q', [0, 2, 1, 3]),
        ...byHead('k', [0, 2, 3, 1]),
        ...byHead('v', [0, 2, 1, 3]),
        node('MatMul', ['q by head', 'k by head'], ['products']),
        node('Mul', ['products', 'scale'], ['scores']),
        node('Softmax', ['scores'], ['shares'], { axis: -1 }),
        node('MatMul', ['shares', 'v by head'], ['mixed']),
        node('Transpose', ['mixed'], ['mixed by token'], { perm: [0, 2, 1, 3] }),
        node('Reshape', ['mixed by token', 'joined'], ['y']),
      ];
      const shapes = [
        integers('heads', [batch, tokens, heads, headSize]),
        integers('joined', [batch, tokens, heads * headSize]),
        tensor('scale', [1], Float32Array.of(1 / Math.sqrt(headSize))),
      ];
      return { nodes, arrays: [...arrays, ...shapes] };
    }
    case 'search': {
      const { images, width, queries, k } = work;
      const gallery = unitRows(numbers('gallery', images * width), width);
      return {
        nodes: [
          node('Gemm', ['queries', 'gallery'], ['scores'], { transB: 1 }),
          node('TopK', ['scores', 'k'], ['y', 'indices'], { axis: -1 }),
        ],
        arrays: [array('queries', [queries, width]), tensor('gallery', [images, width], gallery), integers('k', [k])],
      };
    }
    default:
      throw cannot(work);
  }
}

const open = (bytes) =>
  ort.InferenceSession.create(bytes, {
    executionProviders: [provider],
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  });

await serve(`onnxruntime ${provider} 1.30.0`, async (work) => {
  const { nodes, arrays } = formula(work);
  const wanted = work.kind === 'search' ? 'indices' : 'y';
  const whole = await open(model(nodes, arrays, [wanted]));
  const { data } = (await whole.run({}))[wanted];
  const result = work.kind === 'search' ? { images: Array.from(data, Number) } : { y: Float32Array.from(data) };
  await whole.release();

  const first = [node('Reshape', ['y', 'flat'], ['row']), node('Slice', ['row', 'start', 'end'], ['one'])];
  const indices = [integers('flat', [-1]), integers('start', [0]), integers('end', [1])];
  const timed =
    work.kind === 'search'
      ? await open(model(nodes, arrays, ['indices'])) // these few numbers are the result
      : await open(model([...nodes, ...first], [...arrays, ...indices], ['one']));
  return {
    result,
    async run(times) {
      for (let i = 0; i < times; i++) await timed.run({});
    },
    release: () => timed.release(),
  };
});
