// TensorFlow.js on its WebGPU back end. Only what it fuses by itself is fused: layernorm, attention and the
// block are composed of its ops, as its users compose them.
import './dawn.mjs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-webgpu';
import { blockWeights } from '../src/build/block.ts';
import { seededValues } from '../src/build/models.ts';
import { numbers } from '../src/measure/numbers.ts';
import { wait } from './dawn.mjs';
import { cannot, serve } from './serve.mjs';

await tf.setBackend('webgpu');
await tf.ready();
tf.env().set('WEBGPU_CPU_FORWARD', false); // no small op on the CPU

const elements = (shape) => shape.reduce((product, size) => product * size, 1);
const array = (name, shape, scale) => tf.tensor(numbers(name, elements(shape), scale), shape);

const layernorm = (x, weight, bias) => {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).div(variance.add(1e-5).sqrt()).mul(weight).add(bias);
};

const attention = (qkv, { batch, tokens, heads, headSize }) => {
  const split = tf
    .split(qkv, 3, -1)
    .map((part) => part.reshape([batch, tokens, heads, headSize]).transpose([0, 2, 1, 3]));
  const [q, k, v] = split;
  const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(headSize));
  return tf
    .matMul(tf.softmax(scores), v)
    .transpose([0, 2, 1, 3])
    .reshape([batch, tokens, heads * headSize]);
};

const block = ({ batch, tokens, width, heads }) => {
  const rows = (x) => x.reshape([batch * tokens, x.shape[x.shape.length - 1]]);
  const linear = (x, weight, bias) => tf.matMul(rows(x), weight, false, true).add(bias);
  return (x, ...weights) => {
    const [n1, b1, wQkv, bQkv, wOut, bOut, n2, b2, wIn, bIn, wLast, bLast] = weights;
    const qkv = linear(layernorm(x, n1, b1), wQkv, bQkv).reshape([batch, tokens, 3 * width]);
    const mixed = attention(qkv, { batch, tokens, heads, headSize: width / heads });
    const hidden = linear(mixed, wOut, bOut).reshape(x.shape).add(x);
    const inner = linear(layernorm(hidden, n2, b2), wIn, bIn);
    const active = inner.mul(tf.sigmoid(inner.mul(1.702)));
    return linear(active, wLast, bLast).reshape(x.shape).add(hidden);
  };
};

/** The function and its arguments by name; `cotangent` where it is differentiated. */
function formula(work) {
  switch (work.kind) {
    case 'matmul': {
      const { layout, rows, inner, columns } = work;
      const [ta, tb] = [layout[0] === 'T', layout[1] === 'T'];
      const a = array('a', ta ? [inner, rows] : [rows, inner]);
      const b = array('b', tb ? [columns, inner] : [inner, columns]);
      return { args: { a, b }, f: (x, y) => tf.matMul(x, y, ta, tb) };
    }
    case 'layernorm': {
      const { rows, width } = work;
      return {
        args: { x: array('x', [rows, width]), weight: array('weight', [width]), bias: array('bias', [width]) },
        f: layernorm,
      };
    }
    case 'softmax':
      return { args: { x: array('x', [work.rows, work.columns], 4) }, f: (x) => tf.softmax(x) };
    case 'attention': {
      const { batch, heads, tokens, headSize, backward } = work;
      const cotangent = backward && array('cotangent', [batch, tokens, heads * headSize]);
      return {
        args: { qkv: array('qkv', [batch, tokens, 3 * heads * headSize]) },
        f: (qkv) => attention(qkv, work),
        cotangent,
      };
    }
    case 'block': {
      const shape = [work.batch, work.tokens, work.width];
      const weights = blockWeights(work.width).map(([name, size]) => [name, tf.tensor(seededValues(name, size), size)]);
      const args = { x: array('x', shape), ...Object.fromEntries(weights) };
      return { args, f: block(work), cotangent: work.backward && array('cotangent', shape) };
    }
    default:
      throw cannot(work);
  }
}

await serve(`tfjs-webgpu ${tf.version_core}`, async (work) => {
  const { args, f, cotangent } = formula(work);
  const names = Object.keys(args);
  const values = Object.values(args);
  const once = () => {
    if (!cotangent) return { y: tf.tidy(() => f(...values)) };
    const { value, grads } = tf.valueAndGrads(f)(values, cotangent);
    const key = (name) => (work.kind === 'attention' ? 'gradient' : `gradient of ${name}`);
    return { y: value, ...Object.fromEntries(grads.map((gradient, i) => [key(names[i]), gradient])) };
  };
  // tfjs queues eagerly: reading one number of the last thing that it was asked for waits for everything.
  const scalar = (tensor) => wait(tf.tidy(() => tensor.reshape([tensor.size]).slice([0], [1])).data());
  const first = once();
  const result = {};
  for (const [name, tensor] of Object.entries(first)) result[name] = await wait(tensor.data());
  tf.dispose(Object.values(first));
  return {
    result,
    async run(times) {
      for (let i = 0; i < times; i++) {
        const made = Object.values(once());
        if (i === times - 1) await scalar(made[made.length - 1]);
        tf.dispose(made);
      }
    },
    release: () => tf.dispose([values, ...(cotangent ? [cotangent] : [])]),
  };
});
