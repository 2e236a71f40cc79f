// Measures how hard the embedded galleries are for rankings that know the image, the text, or both: `pnpm difficulty`.
// Prints R@10 / R@50 in percent against the one chosen target; ties count as their expectation.
import { readFileSync } from 'node:fs';
import { attributeNames, type EmbeddedDataset, openEmbedded } from '../src/index.ts';

const cutoffs = [10, 50];
const set = await openEmbedded({
  images: readFileSync('../embedded/data/images-idx3-ubyte.gz'),
  annotations: readFileSync('../embedded/data/annotations.json.gz'),
});
console.log('split category queries | image only | text only | text, then image (R@10 / R@50)');
for (const split of ['val', 'test']) {
  for (const category of set.categories) console.log(await row(set, split, category));
}

async function row(set: EmbeddedDataset, split: string, category: string): Promise<string> {
  const gallery = set.gallery(split, category);
  const photos = new Map<string, ArrayLike<number>>();
  for (const id of gallery) photos.set(id, (await set.image(id)).data);
  const triplets = set.triplets(split, category);
  const ranks = triplets.map(({ reference, target }) => {
    const [from, to] = [set.attributes(reference), set.attributes(target!)];
    const changed = attributeNames.filter((name) => from[name] !== to[name]);
    const says = (id: string) => changed.every((name) => set.attributes(id)[name] === to[name]);
    const pixels = gallery.map((id) => distance(photos.get(id)!, photos.get(reference)!));
    const text = gallery.map((id) => (says(id) ? 0 : 1));
    const at = gallery.indexOf(target!);
    return [pixels, text, pixels.map((d, i) => d + text[i] * 1e12)].map((scores) => rankOf(scores, at));
  });
  const cells = [0, 1, 2].map((method) =>
    cutoffs
      .map((k) => ((100 * sum(ranks.map((r) => chanceWithin(r[method], k)))) / ranks.length).toFixed(1))
      .join(' / '),
  );
  return `${split} ${category} ${triplets.length} | ${cells.join(' | ')}`;
}

/** Numbers of other scores that are lower and that are equal. */
function rankOf(scores: number[], at: number) {
  const before = scores.filter((s) => s < scores[at]).length;
  return { before, ties: scores.filter((s) => s === scores[at]).length - 1 };
}

function chanceWithin({ before, ties }: { before: number; ties: number }, k: number): number {
  return Math.max(0, Math.min(1, (k - before) / (ties + 1)));
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] - b[i]) ** 2;
  return total;
}

function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
