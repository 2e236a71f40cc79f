import type { StoreLayout, StorePart, Tensor } from '@webcir/kernels';

/** Finds the tensor of an OpenAI CLIP name. Throws RangeError for a name that the model does not have. */
export interface Weights {
  (name: string): Tensor;
  /** Of a table that is read by rows: it is stored in parts where it is larger than the device can bind. */
  parts(name: string): readonly StorePart[];
}

/** Looks a name up in several stores, the first one first: trained weights over frozen ones. */
export function weightsOf(...stores: readonly StoreLayout[]): Weights {
  const storeOf = (name: string) => {
    const store = stores.find((candidate) => candidate.has(name));
    if (!store) throw new RangeError(`the weights have no tensor named '${name}'`);
    return store;
  };
  return Object.assign((name: string) => storeOf(name).tensor(name), {
    parts: (name: string) => storeOf(name).parts(name),
  });
}
