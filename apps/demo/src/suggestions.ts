/** Captions that can be suggested, and their features. */
export interface Captions {
  readonly texts: readonly string[];
  /** [texts, embed], L2-normalized. */
  readonly features: Float32Array;
}

/** What is suggested from: the reference, and what was found with it. */
export interface SuggestFrom {
  /** [images, embed] */
  readonly features: Float32Array;
  /** Row of the reference, if it is in the gallery. */
  readonly reference: number | undefined;
  /** Rows of the results, best first. */
  readonly found: readonly number[];
}

/** Standard deviations above the mean of the results from where on an image counts as showing what a caption says. */
const SHOWS = 0.8;

/**
 * Captions worth a click: some of the results show what they say and others do not, and the reference does not, so that
 * the results would change. Two that point at one image are one suggestion.
 * @returns rows of `captions`, the best one first
 */
export function suggest(captions: Captions, { features, reference, found }: SuggestFrom, count: number): number[] {
  const dim = captions.features.length / captions.texts.length;
  const cosine = (caption: number, row: number) => {
    let [sum, square] = [0, 0];
    for (let i = 0; i < dim; i++) {
      const value = features[row * dim + i];
      sum += captions.features[caption * dim + i] * value;
      square += value * value;
    }
    return square > 0 ? sum / Math.sqrt(square) : 0;
  };
  const rated = captions.texts.map((_, caption) => {
    const values = found.map((row) => cosine(caption, row));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
    const standing = (value: number) => (value - mean) / deviation;
    const share = values.filter((value) => standing(value) > SHOWS).length / values.length;
    const shown = reference === undefined ? 0 : Math.max(0, standing(cosine(caption, reference)));
    const best = found[values.indexOf(Math.max(...values))];
    return { caption, best, worth: 4 * share * (1 - share) * deviation - 0.2 * shown * deviation };
  });
  const chosen: typeof rated = [];
  for (const candidate of rated.toSorted((a, b) => b.worth - a.worth || a.caption - b.caption)) {
    if (chosen.length === count) break;
    if (!chosen.some(({ best }) => best === candidate.best)) chosen.push(candidate);
  }
  return chosen.map(({ caption }) => caption);
}
