// The inner tensors of an encoder, found in the graph that computes its features by the weights that are read on the
// way.
import type { Tensor } from '@webcir/kernels';

type Source = Tensor['node']['source'];
type Op = Extract<Source, { kind: 'op' }>;

/** The tensor whose memory a view shows; the tensor itself if it is no view. */
function viewed(tensor: Tensor): Tensor {
  const { source } = tensor.node;
  const from = source.kind === 'op' ? source.definition.aliases?.[tensor.index] : undefined;
  return from === undefined ? tensor : viewed((source as Op).inputs[from]);
}

/** Finds what a layer reads and what it makes, by the name of its weight. */
export interface Layers {
  /** Input of the op that reads the weight. */
  inputOf(weight: string): Tensor;
  outputOf(weight: string): Tensor;
}

/** @param features what an encoder returned, in a graph without gradients: one op reads each weight */
export function layersOf(features: Tensor): Layers {
  const readers = new Map<string, { readonly source: Op; readonly outputs: readonly Tensor[] }>();
  const seen = new Set<Tensor['node']>();
  const open = [features.node];
  for (let node = open.pop(); node; node = open.pop()) {
    const { source, outputs } = node;
    if (source.kind !== 'op' || seen.has(node)) continue;
    seen.add(node);
    for (const input of source.inputs) {
      open.push(input.node);
      const { source: from } = viewed(input).node;
      // The view of a weight reads it too, but it is no layer.
      if (from.kind === 'stored' && viewed(outputs[0]) === outputs[0]) readers.set(from.name, { source, outputs });
    }
  }
  const readerOf = (weight: string) => {
    const reader = readers.get(weight);
    if (!reader) throw new RangeError(`no op of this graph reads ${weight}`);
    return reader;
  };
  return {
    inputOf: (weight) => readerOf(weight).source.inputs[0],
    outputOf: (weight) => readerOf(weight).outputs[0],
  };
}
