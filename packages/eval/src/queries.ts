import { type CirDataset, evalCaption, placeOf, type Triplet } from '@webcir/data';
import type { Device } from '@webcir/kernels';
import { type FeatureTable, featureRows, GalleryIndex } from '@webcir/retrieval';
import { bestFirst } from './best-first.ts';
import type { CategoryFeatures, RankedBy } from './fusions/category.ts';
import { rankGroups } from './groups.ts';
import type { Protocol } from './protocols/protocol.ts';
import type { Answer, Ranking } from './ranks.ts';

/** The queries of one category, and the gallery that they are ranked against. */
export interface CategoryQueries {
  readonly category: string;
  readonly gallery: readonly string[];
  readonly triplets: readonly Triplet[];
  /** Gallery indices of the other images of each query's group, where the protocol ranks groups. */
  readonly groups: readonly (readonly number[])[];
  readonly captions: readonly string[];
  /** Token rows of each caption. */
  readonly texts: readonly (readonly number[])[];
}

/**
 * A split as a protocol looks at it: both captions joined, every category against its own gallery.
 * @throws RangeError naming a triplet without the group that the protocol ranks, or the place of a caption that
 *   `tokenRows` refuses
 */
export function queriesOf(
  dataset: CirDataset,
  split: string,
  protocol: Protocol,
  tokenRows: (text: string) => readonly number[],
): CategoryQueries[] {
  return dataset.categories.map((category) => {
    const gallery = protocol.gallery(dataset, split, category);
    const triplets = dataset.triplets(split, category);
    const captions = triplets.map((triplet) => evalCaption(triplet.captions));
    const texts = captions.map((caption, query) => {
      try {
        return tokenRows(caption);
      } catch (cause) {
        const place = placeOf(dataset, split, triplets[query].id);
        throw new RangeError(`${place}: ${(cause as Error).message}`, { cause });
      }
    });
    const indexOf = indicesOf(gallery);
    const groups = protocol.ranksGroup ? triplets.map((triplet) => groupOf(triplet, indexOf)) : [];
    return { category, gallery, triplets, groups, captions, texts };
  });
}

function groupOf({ id, reference, group }: Triplet, indexOf: ReadonlyMap<string, number>): number[] {
  if (!group) throw new RangeError(`triplet ${id} has no group of look-alikes, which this protocol ranks`);
  return group
    .filter((image) => image !== reference)
    .map((image) => {
      const index = indexOf.get(image);
      if (index === undefined) throw new RangeError(`triplet ${id}: "${image}" of its group is not in the gallery`);
      return index;
    });
}

/**
 * The answers that the queries are to find.
 * @throws RangeError naming a triplet whose target is secret, or cannot be found under the protocol
 */
export function answersOf({ gallery, triplets, groups }: CategoryQueries, protocol: Protocol): Answer[] {
  const indexOf = indicesOf(gallery);
  return triplets.map(({ id, reference, target, targets }, query) => {
    if (target === undefined) throw new RangeError(`triplet ${id} has no target: the answers of its split are secret`);
    const index = indexOf.get(target);
    if (index === undefined) throw new RangeError(`the target of triplet ${id}, "${target}", is not in the gallery`);
    if (protocol.removesReference && target === reference) {
      throw new RangeError(
        `the target of triplet ${id}, "${target}", is its reference, which ${protocol.name} takes out`,
      );
    }
    if (protocol.ranksGroup && !groups[query].includes(index)) {
      throw new RangeError(`the target of triplet ${id}, "${target}", is not in its group`);
    }
    const correct = targets?.map((image) => indexOf.get(image) ?? -1);
    return { target: index, ...(correct && { correct }) };
  });
}

const indicesOf = (gallery: readonly string[]) => new Map(gallery.map((id, index) => [id, index]));

/** The rankings of a category's queries. */
export interface CategoryRanking {
  readonly category: string;
  /**
   * Gallery indices of the first images, best first, per query; without its reference if the protocol removes it.
   */
  readonly rankings: readonly Ranking[];
  /** Gallery indices of the query's group, best first, where the protocol ranks groups. */
  readonly groups: readonly Ranking[];
}

/**
 * Ranks every category's gallery for every query of it.
 * @param textOf text features of a category's captions
 * @param fuse what a gallery is ranked by, from the features of its category
 */
export async function rankQueries(
  device: Device,
  protocol: Protocol,
  categories: readonly CategoryQueries[],
  features: FeatureTable,
  textOf: (category: CategoryQueries) => Promise<Float32Array>,
  fuse: (features: CategoryFeatures) => Promise<RankedBy> | RankedBy,
): Promise<CategoryRanking[]> {
  const results: CategoryRanking[] = [];
  for (const queries of categories) {
    const { category, gallery, triplets } = queries;
    const references = triplets.map(({ reference }) => reference);
    const images = featureRows(features, gallery);
    const { dim } = features;
    const text = await textOf(queries);
    const by = await fuse({ dim, image: featureRows(features, references), text, gallery: images });
    // One rank more than is looked at, for the reference that is removed.
    const wanted = protocol.depth + Number(protocol.removesReference);
    const { first, groups } =
      'scores' in by
        ? byScores(by, wanted, references.length, queries.groups)
        : await byCosine(device, 'queries' in by ? by : { queries: by, gallery: images }, dim, wanted, queries.groups);
    const rankings = references.map((reference, query) => {
      const row = first(query);
      const kept = protocol.removesReference ? row.filter((image) => gallery[image] !== reference) : row;
      return kept.subarray(0, protocol.depth);
    });
    results.push({ category, rankings, groups });
  }
  return results;
}

/** A category, ranked. */
interface Found {
  /** Gallery indices of the first images for a query, best first. */
  first(query: number): Uint32Array;
  /** Gallery indices of the group of each query, best first. */
  readonly groups: number[][];
}

async function byCosine(
  device: Device,
  { queries, gallery }: { readonly queries: Float32Array; readonly gallery: Float32Array },
  dim: number,
  wanted: number,
  groups: CategoryQueries['groups'],
): Promise<Found> {
  const index = await GalleryIndex.create(device, gallery, dim);
  const { k, indices } = await index.search(queries, wanted);
  await index.dispose();
  return {
    first: (query) => indices.subarray(query * k, (query + 1) * k),
    groups: rankGroups(queries, gallery, dim, groups),
  };
}

function byScores(
  { scores }: Extract<RankedBy, { scores: unknown }>,
  wanted: number,
  count: number,
  groups: CategoryQueries['groups'],
): Found {
  const orders = Array.from({ length: count }, (_, query) => {
    const found = scores(query);
    const group = [...(groups[query] ?? [])].sort((a, b) => found[b] - found[a] || a - b);
    return { first: bestFirst(found).slice(0, wanted), group };
  });
  return { first: (query) => orders[query].first, groups: groups.map((_, query) => orders[query].group) };
}
