import { seededRandom, seedOf, shuffled, type Triplet, trainCaptionForms } from '@webcir/data';

/** A triplet with every form in which training may show its captions, as token rows. */
export interface Example {
  readonly reference: string;
  readonly target: string;
  /** Look-alikes with reference and target among them. */
  readonly group?: readonly string[] | undefined;
  readonly texts: readonly (readonly number[])[];
}

/** One drawn training query. */
export interface Drawn {
  readonly example: Example;
  /** Index into the example's texts. */
  readonly form: number;
}

/**
 * Tokenizes triplets for training.
 * @throws RangeError naming a triplet whose target is secret, or that has a caption longer than the context
 */
export function examplesOf(triplets: readonly Triplet[], tokenRows: (text: string) => readonly number[]): Example[] {
  return triplets.map(({ id, reference, target, captions, group }) => {
    if (target === undefined) throw new RangeError(`triplet ${id} has no target: it cannot be trained on`);
    return { reference, target, ...(group && { group }), texts: trainCaptionForms(captions).map(tokenRows) };
  });
}

/**
 * How many batches an epoch has: an incomplete last one is dropped.
 * @throws RangeError when the batch is larger than the data, naming the option that says how large it is
 */
export function batchesPerEpoch(examples: number, batch: number, option: string): number {
  if (batch > examples) {
    throw new RangeError(
      `a batch of ${batch} is larger than the training data (${examples} examples): use a smaller ${option}`,
    );
  }
  return Math.floor(examples / batch);
}

/**
 * The batches of one epoch: every example once, in random order, in one of its forms; an incomplete last batch is
 * dropped. Depends on nothing but its arguments, so that a resumed run draws what the first one would have drawn.
 */
export function drawEpoch(examples: readonly Example[], batch: number, seed: string): Drawn[][] {
  const random = seededRandom(seedOf(seed));
  const order = shuffled(examples, random).map((example) => ({
    example,
    form: Math.floor(random() * example.texts.length),
  }));
  return Array.from({ length: Math.floor(order.length / batch) }, (_, i) => order.slice(i * batch, (i + 1) * batch));
}
