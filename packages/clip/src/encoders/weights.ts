import { cast, dequantize, type StoreLayout, type StorePart, slice, type Tensor } from '@webcir/kernels';
import { scaleName } from '../weights/int8.ts';

/** Finds the tensor of an OpenAI CLIP name. Throws RangeError for a name that the model does not have. */
export interface Weights {
  (name: string): Tensor;
  /** Parts of a table that is read by rows: more than one if it is larger than the device can bind. */
  parts(name: string): readonly StorePart[];
}

/**
 * Looks a name up in several stores in turn: trained weights go before frozen ones. Light weights (int8) are given with
 * their scales, as `dequantize` gives them.
 */
export function weightsOf(...stores: readonly StoreLayout[]): Weights {
  const storeOf = (name: string) => {
    const store = stores.find((candidate) => candidate.has(name));
    if (!store) throw new RangeError(`the weights have no tensor named '${name}'`);
    return store;
  };
  return Object.assign(
    (name: string) => {
      const store = storeOf(name);
      return withScale(store, name, { firstRow: 0, tensor: store.tensor(name) });
    },
    {
      parts(name: string) {
        const store = storeOf(name);
        return store.parts(name).map((part) => ({ ...part, tensor: withScale(store, name, part) }));
      },
    },
  );
}

function withScale(store: StoreLayout, name: string, { tensor, firstRow }: Pick<StorePart, 'tensor' | 'firstRow'>) {
  if (!store.has(scaleName(name))) return tensor;
  const scales = store.tensor(scaleName(name));
  const [rows] = tensor.shape;
  return dequantize(tensor, rows === scales.shape[0] ? scales : slice(scales, 0, firstRow, rows));
}

/** The matrices of a transformer's blocks, where nearly all of its work is. */
const blockMatrix = /\.resblocks\.\d+\.(attn\.in_proj_weight|attn\.out_proj\.weight|mlp\.c_(fc|proj)\.weight)$/;

/**
 * The same weights for mixed precision (Micikevicius et al. 2017, arXiv 1710.03740): the matrices of the transformer's
 * blocks are given in half precision, and so are their products and what passes between them. Every program rounds anew
 * from the weights in single precision, as a training step changes those.
 */
export function mixedPrecision(weights: Weights): Weights {
  const halves = new Map<string, Tensor>();
  const half = (name: string) => {
    const made = halves.get(name) ?? cast(weights(name), 'f16');
    halves.set(name, made);
    return made;
  };
  return Object.assign((name: string) => (blockMatrix.test(name) ? half(name) : weights(name)), {
    parts: weights.parts,
  });
}
