import { compile, type Inputs } from '@webcir/kernels';
import type { Gallery, SearchProgram } from './gallery.ts';
import { MAX_NEIGHBOURS } from './gallery-index.ts';
import type { ModelsOnDevice, SearchUse } from './models-on-device.ts';
import { prepareQuery, type QueryContext } from './prepare-query.ts';
import type { CheckedQuery } from './query.ts';
import { type Lookup, resolveQuery } from './resolve-query.ts';
import { searchGraph } from './search-graph.ts';
import { type TopRows, topRows } from './top-rows.ts';

/** One image that was found. */
export interface SearchResult {
  readonly id: string;
  /** Counted from 1. */
  readonly rank: number;
  /** Cosine similarity of the query feature and the image's. */
  readonly score: number;
}

/** Who searches a gallery. */
export interface Searcher {
  /** Of the weights: several may search one gallery. */
  readonly owner: object;
  readonly context: QueryContext & Lookup;
  /** @throws Error once nothing is to be searched any more */
  expectOpen(): void;
}

/**
 * Finds the images of a gallery that fit a query, best first.
 * @throws RangeError as `resolveQuery` does, or where the gallery is on another device
 */
export async function searchGallery(
  searcher: Searcher,
  gallery: Gallery,
  checked: CheckedQuery,
): Promise<SearchResult[]> {
  const excluded = new Set([...checked.exclude].flatMap((id) => gallery.rowOf(id) ?? []));
  const isWanted = (row: number) => !excluded.has(row);
  const asked = askFor(checked.k, excluded.size, gallery.ids.length);
  const { program, inputs } = await prepareSearch(searcher, gallery, checked, { found: asked ?? 1, use: 'searched' });
  const values = await inputs();
  searcher.expectOpen();
  const { rows, scores } = await (asked === undefined
    ? program.runAndRead(values, ['query']).then(({ query }) => topRows(gallery.features, query, checked.k, isWanted))
    : program.runAndRead(values, ['scores', 'indices']).then(foundRows));
  return rows
    .map((row, i) => ({ row, score: scores[i] }))
    .filter(({ row, score }) => isWanted(row) && score >= checked.minScore)
    .slice(0, checked.k)
    .map(({ row, score }, i) => ({ id: gallery.ids[row], rank: i + 1, score }));
}

const foundRows = ({ scores, indices }: Record<'scores' | 'indices', Float32Array>): TopRows => ({
  rows: Array.from(new Uint32Array(indices.buffer)),
  scores: Array.from(scores),
});

/** A search that is ready to be run, or recorded. */
interface PreparedSearch {
  /** Compiled when the first query of its kind comes. */
  readonly program: SearchProgram;
  /** Its inputs, for one run. */
  inputs(): Promise<Inputs>;
}

/**
 * @param options found: how many images are to be found. use: what a host has recorded, and submits who knows when, has
 *   inputs of its own
 * @throws RangeError as `searchGallery` does
 */
export async function prepareSearch(
  { owner, context }: Pick<Searcher, 'owner' | 'context'>,
  gallery: Gallery,
  checked: CheckedQuery,
  { found, use }: { found: number; use: SearchUse },
): Promise<PreparedSearch> {
  const { models } = context;
  expectOn(gallery, models);
  const { kind, inputs } = await prepareQuery(context, await resolveQuery(context, checked), found);
  const program = await gallery.program(owner, [use, ...Object.values(kind)].join(), async () => {
    const graph = searchGraph(await models.forSearch(kind), gallery.index, kind);
    return compile(models.device, { ...graph, memory: models.memory[use] });
  });
  return { program, inputs };
}

/** @throws RangeError where the gallery is on another device */
export function expectOn({ index }: Gallery, { device }: ModelsOnDevice): void {
  if (index.device === device) return;
  throw new RangeError('the gallery is on another device: give both retrievers one device, or index the images again');
}

/**
 * How many images to ask the device for, so that `k` are left without those that are excluded; undefined where these are
 * too many. Few numbers, each with its own program.
 */
function askFor(k: number, excluded: number, size: number): number | undefined {
  if (excluded === 0) return Math.min(k, size);
  const asked = Math.min(2 ** Math.ceil(Math.log2(k + excluded)), size);
  return asked <= MAX_NEIGHBOURS ? asked : undefined;
}
