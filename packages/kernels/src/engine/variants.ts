import { ancestors, type OpSource, type Tensor } from '../graph.ts';
import type { Capabilities } from './capabilities.ts';
import { availableVariants } from './op.ts';

/**
 * Names everything that decides which variant is the fastest: the op, its attributes, and for each input the dtype and
 * the sizes, rounded up to powers of two.
 */
export function shapeClass({ definition, inputs, attributes }: OpSource): string {
  const round = (size: number) => 2 ** Math.ceil(Math.log2(size));
  const types = inputs.map(({ dtype, shape }) => `${dtype}[${shape.map(round)}]`);
  return [definition.name, JSON.stringify(attributes), ...types].join(' ');
}

/** The variant that a node runs in: the measured one, else the first one that can run; '' where the op has only one. */
export function chosenVariant(source: OpSource, capabilities: Capabilities): string {
  const available = availableVariants(source.definition, capabilities);
  const measured = available.length > 1 && capabilities.choices?.[shapeClass(source)];
  return measured && available.includes(measured) ? measured : available[0];
}

/**
 * Every way to run a graph for `compile`'s `variants`, one op changed at a time; the adapter's own choice comes first,
 * as {}. For tests and the bench, which look at all kernels that can run here.
 */
export function variantChoices(outputs: readonly Tensor[], capabilities: Capabilities): Record<string, string>[] {
  const choices = new Map<string, Record<string, string>>([['', {}]]);
  for (const { source } of ancestors(outputs)) {
    if (source.kind !== 'op') continue;
    const { definition } = source;
    for (const variant of availableVariants(definition, capabilities).slice(1)) {
      choices.set(`${definition.name} ${variant}`, { [definition.name]: variant });
    }
  }
  return [...choices.values()];
}
