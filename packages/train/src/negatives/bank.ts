import { type Device, input, StoreLayout, TensorStore } from '@webcir/kernels';
import { type FeatureTable, featureRows } from '@webcir/retrieval';
import type { Candidates } from './candidates.ts';

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

const entriesOf = (images: number, dim: number) => [{ name: 'bank', shape: [images, dim] }];

/** A bank as a plan of memory knows it. @throws as `expectBankFits` */
export function plannedBank(sizes: BankSizes): Candidates {
  expectBankFits(sizes);
  return bankOn(StoreLayout.plan(entriesOf(sizes.images, sizes.dim), sizes.maxBinding), new Map(), () => {});
}

/**
 * The features of many images on the device: every one but its own target is a negative of every query (the static bank
 * of Feng et al. 2024, arXiv 2404.11317). That is exact while the image encoder is frozen. An image is one row, so that
 * no target is a negative of its own query.
 * @throws RangeError naming an image without a feature
 */
export function imageBank(device: Device, features: FeatureTable, ids: readonly string[]): Candidates {
  const { dim } = features;
  const values = unitRows(featureRows(features, ids), dim);
  const store = TensorStore.create(device, entriesOf(ids.length, dim), 'bank');
  store.write('bank', values);
  return bankOn(store, new Map(ids.map((id, row) => [id, row])), () => store.dispose());
}

function bankOn(store: StoreLayout, rowOf: ReadonlyMap<string, number>, dispose: () => void): Candidates {
  const row = (image: string): number => {
    const found = rowOf.get(image);
    if (found === undefined) throw new RangeError(`the bank of negatives has no image '${image}', which is an answer`);
    return found;
  };
  return {
    count: store.shape('bank')[0],
    areOfBatch: false,
    rows: () => store.tensor('bank'),
    labels: (batch, end) => input(`${end} labels`, [batch], 'u32'),
    inputs: (drawn, end) => ({ [`${end} labels`]: Uint32Array.from(drawn, ({ example }) => row(example[end])) }),
    rowsOf: () => (image) => [row(image)],
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
