import { type GradientOptions, gradients } from '../engine/gradients.ts';
import type { StoreLayout } from '../engine/layout.ts';
import type { TensorStore } from '../engine/store.ts';
import { elements, input, type Tensor } from '../engine/tensor.ts';
import { adam } from '../ops/adam/adam.ts';
import { pack } from '../ops/pack/pack.ts';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** What may change from step to step: data, never part of a plan. */
export interface AdamStep {
  readonly learningRate: number;
  /** Decoupled (AdamW, arXiv 1711.05101); 0 is plain Adam. */
  readonly weightDecay: number;
  /** Counted from 1, for the bias correction. */
  readonly step: number;
}

/**
 * Adam and AdamW over all tensors of a store, in place, one dispatch per buffer of the store
 * (Kingma & Ba, arXiv 1412.6980; the order of operations is PyTorch's).
 */
export class Adam {
  readonly parameters: TensorStore;
  /** First and second moments: part of a checkpoint. */
  readonly moments: { readonly m: TensorStore; readonly v: TensorStore };
  readonly #options: Required<AdamOptions>;

  constructor(parameters: TensorStore, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}) {
    this.parameters = parameters;
    this.moments = { m: parameters.createLike('adam m'), v: parameters.createLike('adam v') };
    this.#options = { beta1, beta2, epsilon };
  }

  /**
   * One step down the gradient of a loss, with respect to every tensor of the store, for `compile`'s `updates`.
   * @param loss one number, shape [1]
   */
  minimize(loss: Tensor, options?: GradientOptions): Tensor[] {
    return this.updates(packedGradients(loss, this.parameters, options));
  }

  /**
   * The update as part of a graph, for `compile`'s `updates`. The program gets an input 'adam' (see `hyper`).
   * @param gradients side by side as the parameters are, one tensor for each buffer of the store
   */
  updates(gradients: readonly Tensor[]): Tensor[] {
    const hyper = input('adam', [4]);
    return this.parameters.flat.flatMap((parameters, chunk) => {
      const [m, v] = [this.moments.m.flat[chunk], this.moments.v.flat[chunk]];
      return Object.values(adam({ parameters, gradients: gradients[chunk], m, v, hyper }, this.#options));
    });
  }

  /** The values of the input 'adam' for one step. */
  hyper({ learningRate, weightDecay, step }: AdamStep): Float32Array {
    const { beta1, beta2 } = this.#options;
    return Float32Array.of(learningRate, weightDecay, 1 - beta1 ** step, 1 - beta2 ** step);
  }

  dispose(): void {
    this.moments.m.dispose();
    this.moments.v.dispose();
  }
}

/**
 * The gradient of a loss with respect to all of a store.
 * @param loss one number, shape [1]
 * @returns one flat tensor for each buffer of the store, laid out as that buffer is
 */
export function packedGradients(loss: Tensor, store: StoreLayout, options?: GradientOptions): Tensor[] {
  const tensors = store.layout().map(({ tensor }) => tensor);
  const found = gradients(loss, tensors, options);
  return store.flat.map(({ shape }, chunk) => {
    const layout = store.layout(chunk);
    const offsets = layout.map(({ offset }) => offset / 4);
    return pack(found.splice(0, layout.length), offsets, elements(shape));
  });
}
