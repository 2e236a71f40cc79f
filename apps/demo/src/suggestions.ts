/** Captions that can be suggested, and their features. */
export interface Captions {
  readonly texts: readonly string[];
  /** Rows of images that each is said of. */
  readonly saidOf: readonly (readonly number[])[];
  /** [texts, embed], L2-normalized. */
  readonly features: Float32Array;
}

/** What is suggested from: the reference, and what was found with it. */
export interface SuggestFrom {
  /** [images, embed] */
  readonly features: Float32Array;
  /** The reference's feature, [embed]. */
  readonly reference: Float32Array | undefined;
  /** Rows of the results, best first. */
  readonly found: readonly number[];
}

/** Standard deviations above the mean of the results from where on an image counts as showing what a caption says. */
const SHOWS = 0.8;

/**
 * Captions worth a click: some of the results show what they say and others do not, so that the results would change;
 * the reference does not show it; and they are said of images like the reference. Two that point at one image are one
 * suggestion.
 * @returns rows of `captions`, the best one first
 */
export function suggest(captions: Captions, { features, reference, found }: SuggestFrom, count: number): number[] {
  const dim = captions.features.length / captions.texts.length;
  const imageAt = (row: number) => features.subarray(row * dim, (row + 1) * dim);
  const rated = captions.texts.map((_, caption) => {
    const said = captions.features.subarray(caption * dim, (caption + 1) * dim);
    const values = found.map((row) => cosine(said, imageAt(row)));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
    const standing = (value: number) => (value - mean) / deviation;
    const share = values.filter((value) => standing(value) > SHOWS).length / values.length;
    const best = found[values.indexOf(Math.max(...values))];
    let worth = 4 * share * (1 - share) * deviation;
    if (reference) {
      const alike = captions.saidOf[caption].map((row) => cosine(reference, imageAt(row)));
      worth *= Math.max(0, ...alike) ** 2;
      worth -= 0.2 * Math.max(0, standing(cosine(said, reference))) * deviation;
    }
    return { caption, best, worth };
  });
  const chosen: typeof rated = [];
  for (const candidate of rated.toSorted((a, b) => b.worth - a.worth || a.caption - b.caption)) {
    if (chosen.length === count) break;
    if (!chosen.some(({ best }) => best === candidate.best)) chosen.push(candidate);
  }
  return chosen.map(({ caption }) => caption);
}

function cosine(x: Float32Array, y: Float32Array): number {
  let [dot, squareX, squareY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    dot += x[i] * y[i];
    squareX += x[i] ** 2;
    squareY += y[i] ** 2;
  }
  return squareX * squareY > 0 ? dot / Math.sqrt(squareX * squareY) : 0;
}
