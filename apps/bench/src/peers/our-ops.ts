import {
  attention,
  compile,
  type Device,
  elements,
  gradients,
  type HostArray,
  input,
  layernorm,
  matmul,
  softmaxCrossEntropy,
  type Tensor,
} from '@webcir/kernels';
import { pulledBy } from '@webcir/kernels/cases';
import type { Built } from '../build/built.ts';
import { flopsOf } from '../build/flops.ts';
import { numbers } from '../measure/numbers.ts';
import { readScalar } from '../measure/rounds.ts';
import type { WorkOf } from './work.ts';

type OpWork = WorkOf<'matmul' | 'layernorm' | 'softmax' | 'attention'>;

export interface BuiltOp extends Built {
  read(): Promise<Record<string, Float32Array>>;
}

interface Graph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly inputs: Readonly<Record<string, HostArray>>;
  /** What turns the outputs into what the peers have. */
  finish?(outputs: Record<string, Float32Array>): void;
}

/** One op of webcir as a program. */
export async function buildOp(device: Device, work: OpWork): Promise<BuiltOp> {
  const { outputs, inputs, finish } = graphOf(work);
  const program = await compile(device, { outputs });
  program.write(inputs);
  const names = Object.keys(outputs);
  return {
    async run(times) {
      for (let i = 0; i < times; i++) program.run();
      await readScalar(device, program.region(names[0]));
    },
    async read() {
      const found = await program.runAndRead({}, names);
      finish?.(found);
      return found;
    },
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
      // There is softmax with cross-entropy only, whose gradient is softmax minus one at the right class: more work than
      // the peers', not less, as it is made in a forward and a backward pass.
      const { rows, columns } = work;
      const logits = array('x', [rows, columns], 4);
      inputs.labels = new Uint32Array(rows);
      inputs.ones = new Float32Array(rows).fill(1);
      const losses = softmaxCrossEntropy(logits, input('labels', [rows], 'u32'));
      return {
        outputs: { y: gradients(pulledBy(losses, input('ones', [rows])), [logits])[0] },
        inputs,
        finish({ y }) {
          for (let row = 0; row < rows; row++) y[row * columns] += 1;
        },
      };
    }
    case 'attention': {
      const { batch, heads, tokens, headSize, backward } = work;
      const qkv = array('qkv', [batch, tokens, 3 * heads * headSize]);
      const y = attention(qkv, { heads });
      if (!backward) return { outputs: { y }, inputs };
      const [gradient] = gradients(pulledBy(y, array('pull', y.shape)), [qkv]);
      return { outputs: { y, gradient }, inputs };
    }
  }
}
