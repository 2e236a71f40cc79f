import { attention, compile, input, vjp } from '@webcir/kernels';
import type { Context } from '../context.ts';
import type { Measured } from '../verdict.ts';

/**
 * How much more memory a token takes, forward and backward, when there are four times as many: 1 is linear, 4
 * quadratic.
 */
export async function attentionMemory({ device }: Context): Promise<Measured> {
  const [few, many] = [512, 2048];
  const bytes = async (tokens: number) => {
    const qkv = input('qkv', [1, tokens, 3 * 64]);
    const y = attention(qkv, { heads: 1 });
    const [gradient] = vjp([y], [input('cotangent', y.shape)], [qkv]);
    const program = await compile(device, { outputs: { y, gradient } });
    program.dispose();
    return program.memory / tokens;
  };
  const [short, long] = [await bytes(few), await bytes(many)];
  return { value: long / short, detail: `${Math.round(short)} and ${Math.round(long)} bytes a token and head` };
}
