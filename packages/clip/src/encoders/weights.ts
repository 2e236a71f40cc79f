import type { Tensor, TensorStore } from '@webcir/kernels';

/** Finds the tensor of an OpenAI CLIP name. Throws RangeError for a name that the model does not have. */
export type Weights = (name: string) => Tensor;

/** Looks a name up in several stores, the first one first: trained weights over frozen ones. */
export function weightsOf(...stores: readonly TensorStore[]): Weights {
  return (name) => {
    const store = stores.find((candidate) => candidate.has(name));
    if (!store) throw new RangeError(`the weights have no tensor named '${name}'`);
    return store.tensor(name);
  };
}
