import { compile, type Device, elements, input, profile, type Tensor, variantChoices } from '@webcir/kernels';
import { caseValues, type OpCase } from '@webcir/kernels/cases';

export interface Timing {
  /** The variants that differ from the adapter's own choice. */
  readonly variants: Readonly<Record<string, string>>;
  /** Median over the rounds, on the device. */
  readonly milliseconds: number;
  /** Bytes of all inputs and outputs: what has to be moved at least. */
  readonly bytes: number;
}

export const header = `${'op'.padEnd(22)}${'case'.padEnd(44)}${'variant'.padEnd(12)}${'ms'.padStart(10)}${'GFLOP/s'.padStart(10)}${'GB/s'.padStart(8)}`;

export function formatRow(op: string, { name, flops }: OpCase, { variants, milliseconds, bytes }: Timing): string {
  const variant = Object.values(variants).join(' ') || 'default';
  const rate = flops === undefined ? '' : (flops / milliseconds / 1e6).toFixed(1);
  const cells = [
    milliseconds.toFixed(3).padStart(10),
    rate.padStart(10),
    (bytes / milliseconds / 1e6).toFixed(1).padStart(8),
  ];
  return `${op.padEnd(22)}${name.slice(0, 42).padEnd(44)}${variant.padEnd(12)}${cells.join('')}`;
}

/** Times one case in every variant, with timestamp queries, after a warm-up run. */
export async function timeCase(device: Device, benchmark: OpCase, rounds: number): Promise<Timing[]> {
  const arrays = caseValues(benchmark.inputs);
  const tensors = benchmark.inputs.map(({ kind, shape }, i) =>
    input(`input ${i}`, shape, kind === 'index' ? 'u32' : 'f32'),
  );
  const result = benchmark.op(...tensors);
  const outputs = (Array.isArray(result) ? result : [result]) as readonly Tensor[];
  const bytes = 4 * [...tensors, ...outputs].reduce((sum, { shape }) => sum + elements(shape), 0);
  const inputs = Object.fromEntries(
    tensors.map(({ dtype }, i) => [
      `input ${i}`,
      dtype === 'u32' ? Uint32Array.from(arrays[i].data) : Float32Array.from(arrays[i].data),
    ]),
  );
  const timings: Timing[] = [];
  for (const variants of variantChoices(outputs, device.capabilities)) {
    const program = await compile(device, {
      outputs: Object.fromEntries(outputs.map((output, i) => [`output ${i}`, output])),
      variants,
    });
    program.run(inputs);
    await device.idle();
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      times.push((await profile(program)).reduce((sum, { milliseconds }) => sum + milliseconds, 0));
    }
    program.dispose();
    timings.push({ variants, milliseconds: times.sort((a, b) => a - b)[rounds >> 1], bytes });
  }
  return timings;
}
