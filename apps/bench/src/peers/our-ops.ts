import {
  attention,
  compile,
  type Device,
  elements,
  type HostArray,
  input,
  layernorm,
  matmul,
  softmax,
  type Tensor,
  vjp,
} from '@webcir/kernels';
import type { Built } from '../build/built.ts';
import { flopsOf } from '../build/flops.ts';
import { numbers } from '../measure/numbers.ts';
import { readScalar } from '../measure/rounds.ts';
import type { WorkOf } from './work.ts';

type OpWork = WorkOf<'matmul' | 'layernorm' | 'softmax' | 'attention'>;

export interface BuiltOp extends Built {
  read(): Promise<Record<string, Float32Array>>;
  dispose(): void;
}

interface Graph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly inputs: Readonly<Record<string, HostArray>>;
}

/** One op of webcir as a program. */
export async function buildOp(device: Device, work: OpWork): Promise<BuiltOp> {
  const { outputs, inputs } = graphOf(work);
  const program = await compile(device, { outputs });
  program.write(inputs);
  const names = Object.keys(outputs);
  return {
    async run(times) {
      for (let i = 0; i < times; i++) program.run();
      await readScalar(device, program.region(names[0]));
    },
    read: () => program.runAndRead({}, names),
    flops: flopsOf(Object.values(outputs)),
    program,
    dispose: () => program.dispose(),
  };
}

function graphOf(work: OpWork): Graph {
  const inputs: Record<string, HostArray> = {};
  const array = (name: string, shape: readonly number[], scale = 1): Tensor => {
    inputs[name] = numbers(name, elements(shape), scale);
    return input(name, shape);
  };
  switch (work.kind) {
    case 'matmul': {
      const { layout, rows, inner, columns } = work;
      const [transposeA, transposeB] = [layout[0] === 'T', layout[1] === 'T'];
      const a = array('a', transposeA ? [inner, rows] : [rows, inner]);
      const b = array('b', transposeB ? [columns, inner] : [inner, columns]);
      return { outputs: { y: matmul(a, b, { transposeA, transposeB }) }, inputs };
    }
    case 'layernorm': {
      const { rows, width } = work;
      return {
        outputs: { y: layernorm(array('x', [rows, width]), array('weight', [width]), array('bias', [width])) },
        inputs,
      };
    }
    case 'softmax': {
      const { rows, columns } = work;
      return { outputs: { y: softmax(array('x', [rows, columns], 4)) }, inputs };
    }
    case 'attention': {
      const { batch, heads, tokens, headSize, backward } = work;
      const qkv = array('qkv', [batch, tokens, 3 * heads * headSize]);
      const y = attention(qkv, { heads });
      if (!backward) return { outputs: { y }, inputs };
      const [gradient] = vjp([y], [array('cotangent', y.shape)], [qkv]);
      return { outputs: { y, gradient }, inputs };
    }
  }
}
