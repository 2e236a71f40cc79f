import { type Device, input, StoreLayout, TensorStore } from '@webcir/kernels';
import { type FeatureTable, featureRows } from '@webcir/retrieval';
import type { Drawn, Example } from '../examples.ts';
import { contrastiveLoss } from '../loss.ts';
import type { Negatives } from './negatives.ts';

/** How large a bank is, and the batches that are compared with it. */
export interface BankSizes {
  readonly images: number;
  readonly dim: number;
  readonly batch: number;
  /** The option that says how large the batch is, for an error. */
  readonly option: string;
  /** Bytes that the device can bind. */
  readonly maxBinding: number;
}

/** The images of some examples, each once. */
export const imagesOfExamples = (examples: readonly Example[]): string[] => [
  ...new Set(examples.flatMap(({ reference, target }) => [reference, target])),
];

const entriesOf = (images: number, dim: number) => [{ name: 'bank', shape: [images, dim] }];

/** A bank as a plan of memory knows it. @throws as `expectBankFits` */
export function plannedBank(sizes: BankSizes): Negatives {
  expectBankFits(sizes);
  return bankOn(StoreLayout.plan(entriesOf(sizes.images, sizes.dim), sizes.maxBinding), new Map(), () => {});
}

/**
 * The features of many images on the device, L2-normalized: every one but its own target is a negative of every query
 * (the static bank of Feng et al. 2024, arXiv 2404.11317). That is exact while the image encoder is
 * frozen. An image is one row, so that no target is a negative of its own query.
 * @throws RangeError naming an image without a feature
 */
export function imageBank(device: Device, features: FeatureTable, ids: readonly string[]): Negatives {
  const { dim } = features;
  const values = unitRows(featureRows(features, ids), dim);
  const store = TensorStore.create(device, entriesOf(ids.length, dim), 'bank');
  store.write('bank', values);
  return bankOn(store, new Map(ids.map((id, row) => [id, row])), () => store.dispose());
}

function bankOn(store: StoreLayout, rowOf: ReadonlyMap<string, number>, dispose: () => void): Negatives {
  const row = ({ example: { target } }: Drawn): number => {
    const found = rowOf.get(target);
    if (found === undefined) throw new RangeError(`the target '${target}' is not among the images of the bank`);
    return found;
  };
  return {
    readsTargets: false,
    loss: (queries) => contrastiveLoss(queries, store.tensor('bank'), input('labels', [queries.shape[0]], 'u32')),
    inputs: (drawn) => ({ labels: Uint32Array.from(drawn, row) }),
    size: store.size,
    dispose,
  };
}

/** @throws RangeError naming the limit of the device that a bank, or a batch's logits against it, are beyond */
export function expectBankFits({ images, dim, batch, option, maxBinding }: BankSizes): void {
  for (const [what, values, remedy] of [
    ['their features take', images * dim, ''],
    [`the logits of a batch of ${batch} take`, images * batch, `a smaller ${option} or `],
  ] as const) {
    if (4 * values <= maxBinding) continue;
    throw new RangeError(
      `--negatives all compares with ${images} images: ${what} ${4 * values} bytes, and the ` +
        `maxStorageBufferBindingSize of this device is ${maxBinding}: use ${remedy}--negatives batch`,
    );
  }
}

/** Rows scaled to length 1, in float64. */
function unitRows(values: Float32Array, dim: number): Float32Array {
  const rows = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += dim) {
    const row = values.subarray(start, start + dim);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (const [i, value] of row.entries()) rows[start + i] = value / Math.max(norm, 1e-12);
  }
  return rows;
}
