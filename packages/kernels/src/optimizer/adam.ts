import { type GradientOptions, gradients } from '../autodiff/gradients.ts';
import type { StoreLayout } from '../engine/layout.ts';
import type { TensorStore } from '../engine/store.ts';
import { elements, type Graph, input, type Tensor } from '../graph.ts';
import { adam, HYPER_SIZE } from '../ops/adam/adam.ts';
import { add, multiply } from '../ops/binary/binary.ts';
import { nonFinite } from '../ops/non-finite/non-finite.ts';
import { pack } from '../ops/pack/pack.ts';
import { slice } from '../ops/slice/slice.ts';
import { LossScaler } from './loss-scaler.ts';

/** Adam's constants; PyTorch's unless given. */
export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Needed if gradients pass through half precision. */
  readonly lossScaling?: boolean;
}

/** Values that may change from step to step: data, never part of a plan. */
export interface AdamStep {
  readonly learningRate: number;
  /** Decoupled weight decay (AdamW, arXiv 1711.05101); 0 is plain Adam. */
  readonly weightDecay: number;
  /** Number of the step, counted from 1, for the bias correction. */
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
  /** Undefined without `lossScaling`. */
  readonly scaler: LossScaler | undefined;
  readonly #options: { readonly beta1: number; readonly beta2: number; readonly epsilon: number };
  readonly #hyper = input('adam', [HYPER_SIZE]);

  constructor(
    parameters: TensorStore,
    { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, lossScaling = false }: AdamOptions = {},
  ) {
    this.parameters = parameters;
    this.scaler = lossScaling ? new LossScaler() : undefined;
    this.moments = { m: parameters.createLike('adam m'), v: parameters.createLike('adam v') };
    this.#options = { beta1, beta2, epsilon };
  }

  /**
   * One step down the gradient of a loss, with respect to every tensor of the store: a whole graph, for `compile`. Its
   * input is 'adam' (see `hyper`). Outputs: 'loss', and with loss scaling 'overflow' (see `update`).
   * @param loss one number, shape [1]
   */
  minimize(loss: Tensor, options?: GradientOptions): Graph<'loss' | 'overflow'> {
    const { outputs, updates } = this.update(packedGradients(this.scaled(loss), this.parameters, options));
    return { outputs: { loss, ...outputs }, updates };
  }

  /** The loss times its scale, to take the gradients of; without loss scaling, the loss itself. */
  scaled(loss: Tensor): Tensor {
    return this.scaler ? multiply(loss, slice(this.#hyper, 0, HYPER_SIZE - 1, 1)) : loss;
  }

  /**
   * The update alone. Outputs: with loss scaling 'overflow', which is not 0 if gradients overflowed and nothing was
   * changed.
   * @param gradients of `scaled`, side by side as the parameters are, one tensor for each buffer of the store
   */
  update(gradients: readonly Tensor[]): Graph<'overflow'> {
    const overflow = this.scaler ? gradients.map(nonFinite).reduce(add) : undefined;
    const updates = this.parameters.flat.flatMap((parameters, chunk) => {
      const [m, v] = [this.moments.m.flat[chunk], this.moments.v.flat[chunk]];
      const state = { parameters, gradients: gradients[chunk], m, v, hyper: this.#hyper, overflow };
      return Object.values(adam(state, this.#options));
    });
    return { outputs: (overflow ? { overflow } : {}) as Record<'overflow', Tensor>, updates };
  }

  /** The values of the input 'adam' for one step. Steps that were skipped do not count. */
  hyper({ learningRate, weightDecay, step }: AdamStep): Float32Array {
    const { beta1, beta2 } = this.#options;
    const { scale, skipped } = this.scaler ?? { scale: 1, skipped: 0 };
    const counted = step - skipped;
    return Float32Array.of(learningRate, weightDecay, 1 - beta1 ** counted, 1 - beta2 ** counted, 1 / scale, scale);
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
