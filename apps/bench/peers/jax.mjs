// jax-js on its WebGPU back end, compiled with `jit`. It is lazy: a result that is thrown away unread is never
// computed, so every run waits for all that it made (`blockUntilReady`) before one number is read. An operation takes
// its arguments over; `.ref` keeps one for another use.
import './dawn.mjs';
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, vjp } from '@jax-js/jax';
import { blockWeights } from '../src/build/block.ts';
import { seededValues } from '../src/build/models.ts';
import { numbers } from '../src/measure/numbers.ts';
import { wait } from './dawn.mjs';
import { cannot, serve } from './serve.mjs';

// Runs that it queues before it waits, as other peers do; their results have to be kept until then.
const AT_ONCE = 8;

await init('webgpu');
defaultDevice('webgpu');

const elements = (shape) => shape.reduce((product, size) => product * size, 1);
const array = (name, shape, scale) => np.array(numbers(name, elements(shape), scale)).reshape(shape);

const layernorm = (x, weight, bias) => nn.standardize(x, -1).mul(weight).add(bias);

const attention = (qkv, { batch, tokens, heads, headSize }) => {
  // Its nn.dotProductAttention does the same through einsum, which needs a newer Node than 20.
  const byHead = (part) => part.reshape([batch, tokens, heads, headSize]).transpose([0, 2, 1, 3]);
  const [q, k, v] = np.split(qkv, 3, -1).map(byHead);
  const scores = np.matmul(q, np.matrixTranspose(k)).mul(1 / Math.sqrt(headSize));
  const mixed = np.matmul(nn.softmax(scores, -1), v);
  return mixed.transpose([0, 2, 1, 3]).reshape([batch, tokens, heads * headSize]);
};

const block = ({ batch, tokens, width, heads }) => {
  const linear = (x, weight, bias) => np.matmul(x, np.matrixTranspose(weight)).add(bias);
  return (x, ...weights) => {
    const [n1, b1, wQkv, bQkv, wOut, bOut, n2, b2, wIn, bIn, wLast, bLast] = weights;
    const qkv = linear(layernorm(x.ref, n1, b1), wQkv, bQkv);
    const mixed = attention(qkv, { batch, tokens, heads, headSize: width / heads });
    const hidden = linear(mixed, wOut, bOut).add(x);
    const inner = linear(layernorm(hidden.ref, n2, b2), wIn, bIn);
    const active = inner.ref.mul(nn.sigmoid(inner.mul(1.702)));
    return linear(active, wLast, bLast).add(hidden);
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
      const turned = (x, yes) => (yes ? np.matrixTranspose(x) : x);
      return { args: { a, b }, f: (x, y) => np.matmul(turned(x, ta), turned(y, tb)) };
    }
    case 'layernorm': {
      const { rows, width } = work;
      const args = { x: array('x', [rows, width]), weight: array('weight', [width]), bias: array('bias', [width]) };
      return { args, f: layernorm };
    }
    case 'softmax':
      return { args: { x: array('x', [work.rows, work.columns], 4) }, f: (x) => nn.softmax(x, -1) };
    case 'attention': {
      const { batch, heads, tokens, headSize, backward } = work;
      const cotangent = backward && array('cotangent', [batch, tokens, heads * headSize]);
      const args = { qkv: array('qkv', [batch, tokens, 3 * heads * headSize]) };
      return { args, f: (qkv) => attention(qkv, work), cotangent };
    }
    case 'block': {
      const shape = [work.batch, work.tokens, work.width];
      const weights = blockWeights(work.width).map(([name, size]) => [
        name,
        np.array(seededValues(name, size)).reshape(size),
      ]);
      const args = { x: array('x', shape), ...Object.fromEntries(weights) };
      return { args, f: block(work), cotangent: work.backward && array('cotangent', shape) };
    }
    default:
      throw cannot(work);
  }
}

await serve('jax-js WebGPU 0.1.25', async (work) => {
  const { args, f, cotangent } = formula(work);
  const names = Object.keys(args);
  const values = Object.values(args);
  const compiled = jit(
    cotangent
      ? (cotangent, ...inputs) => {
          const [y, back] = vjp(f, inputs);
          const gradients = back(cotangent);
          back.dispose();
          return [y, ...gradients];
        }
      : (...inputs) => [f(...inputs)],
  );
  const once = () => compiled(...(cotangent ? [cotangent.ref] : []), ...values.map((value) => value.ref));
  const name = (i) => (i === 0 ? 'y' : work.kind === 'attention' ? 'gradient' : `gradient of ${names[i - 1]}`);
  const result = {};
  for (const [i, made] of once().entries()) result[name(i)] = await wait(made.data());
  return {
    result,
    async run(times) {
      for (let left = times; left > 0; left -= AT_ONCE) {
        const made = Array.from({ length: Math.min(AT_ONCE, left) }, once).flat();
        await wait(blockUntilReady(made));
        if (left <= AT_ONCE) await wait(made[0].ref.flatten().slice([0, 1]).data());
        for (const each of made) each.dispose();
      }
    },
    release() {
      for (const value of [...values, ...(cotangent ? [cotangent] : [])]) value.dispose();
      compiled.dispose();
    },
  };
});
