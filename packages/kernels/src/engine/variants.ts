import type { Capabilities } from './capabilities.ts';
import { ancestors } from './gradients.ts';
import { availableVariants } from './op.ts';
import type { Tensor } from './tensor.ts';

/**
 * Every way to run a graph for `compile`'s `variants`, one op changed at a time; the adapter's own choice comes first, as {}.
 * For tests and the bench, which look at all kernels that can run here.
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
