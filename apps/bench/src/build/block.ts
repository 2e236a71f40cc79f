import { attention, compile, type Device, input, layernorm, linear, type Tensor, vjp } from '@webcir/kernels';
import { numbers } from '../measure/numbers.ts';
import { readScalar } from '../measure/rounds.ts';
import type { Built } from './built.ts';
import { flopsOf } from './flops.ts';
import { seededValues } from './models.ts';

export interface BlockSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  /** Whether the gradients of the input and of all weights are computed, too. */
  readonly backward: boolean;
}

export interface BuiltBlock extends Built {
  /** The output 'y' and, with `backward`, the gradients by name. */
  read(): Promise<Record<string, Float32Array>>;
}

/** Names and shapes of a block's weights, as CLIP names them. */
export const blockWeights = (width: number): [name: string, shape: number[]][] => [
  ['ln_1.weight', [width]],
  ['ln_1.bias', [width]],
  ['attn.in_proj_weight', [3 * width, width]],
  ['attn.in_proj_bias', [3 * width]],
  ['attn.out_proj.weight', [width, width]],
  ['attn.out_proj.bias', [width]],
  ['ln_2.weight', [width]],
  ['ln_2.bias', [width]],
  ['mlp.c_fc.weight', [4 * width, width]],
  ['mlp.c_fc.bias', [4 * width]],
  ['mlp.c_proj.weight', [width, 4 * width]],
  ['mlp.c_proj.bias', [width]],
];

/** One pre-norm block of CLIP's transformers, without a mask. */
export async function buildBlock(
  device: Device,
  { batch, tokens, width, heads, backward }: BlockSizes,
): Promise<BuiltBlock> {
  const shape = [batch, tokens, width];
  const x = input('x', shape);
  const weights = new Map(blockWeights(width).map(([name, size]) => [name, input(name, size)]));
  const y = block(x, (name) => weights.get(name)!, heads);
  const targets = [['x', x] as const, ...weights];
  const found = backward
    ? vjp(
        [y],
        [input('cotangent', shape)],
        targets.map(([, tensor]) => tensor),
      )
    : [];
  const outputs: Record<string, Tensor> = {
    y,
    ...Object.fromEntries(found.map((gradient, i) => [`gradient of ${targets[i][0]}`, gradient])),
  };
  const program = await compile(device, { outputs });
  program.write({
    x: numbers('x', batch * tokens * width),
    ...(backward ? { cotangent: numbers('cotangent', batch * tokens * width) } : {}),
    ...Object.fromEntries(blockWeights(width).map(([name, size]) => [name, seededValues(name, size)])),
  });
  return {
    async run(times) {
      for (let i = 0; i < times; i++) program.run();
      await readScalar(device, program.region('y'));
    },
    read: () => program.runAndRead({}, Object.keys(outputs)),
    flops: flopsOf(Object.values(outputs)),
    program,
    dispose: () => program.dispose(),
  };
}

function block(x: Tensor, weight: (name: string) => Tensor, heads: number): Tensor {
  const norm = (input: Tensor, name: string) => layernorm(input, weight(`${name}.weight`), weight(`${name}.bias`));
  const qkv = linear(norm(x, 'ln_1'), weight('attn.in_proj_weight'), { bias: weight('attn.in_proj_bias') });
  const hidden = linear(attention(qkv, { heads }), weight('attn.out_proj.weight'), {
    bias: weight('attn.out_proj.bias'),
    residual: x,
  });
  const inner = linear(norm(hidden, 'ln_2'), weight('mlp.c_fc.weight'), {
    bias: weight('mlp.c_fc.bias'),
    activation: 'quickgelu',
  });
  return linear(inner, weight('mlp.c_proj.weight'), { bias: weight('mlp.c_proj.bias'), residual: hidden });
}
