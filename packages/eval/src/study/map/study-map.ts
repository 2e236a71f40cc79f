import type { ByStage, QueryValues } from '../scores.ts';
import type { StudyData } from '../section.ts';
import type { Stage } from '../space.ts';
import { keptByMap } from './kept-by-map.ts';
import { layoutsOf } from './layouts.ts';
import { pointsOf, sampledRows } from './points.ts';
import { KINDS, type MapKind, type MapMoves, type StudyMap } from './types.ts';

/** What each stage did to the neighbourhoods of its kinds, [queries] of the split each. */
export interface Moves {
  readonly apart: ByStage<readonly QueryValues[]>;
  readonly kept: ByStage<readonly QueryValues[]>;
}

/** The maps of a study. @param k neighbours that are compared */
export async function studyMap(data: StudyData, moves: Moves, k: number): Promise<StudyMap> {
  const { evaluator, captions, spaces, seed, others } = data;
  const triplets = evaluator.categories.flatMap((category) => category.triplets);
  const images = evaluator.categories.flatMap(({ gallery }) => gallery);
  const queries = sampledRows(triplets.length);
  const sampled = (values: ByStage<readonly QueryValues[]>, stage: Stage, kind: MapKind): Float64Array | undefined => {
    const found = values[stage]?.find(({ of }) => of === kind);
    return found && Float64Array.from(queries, (query) => found.values[query]);
  };
  const movesOf = (stage: Stage): Partial<Record<MapKind, MapMoves>> =>
    Object.fromEntries(
      KINDS.flatMap((kind) => {
        const [apart, kept] = [sampled(moves.apart, stage, kind), sampled(moves.kept, stage, kind)];
        return apart && kept ? [[kind, { apart, kept }]] : [];
      }),
    );
  return {
    images: sampledRows(images.length).map((row) => images[row]),
    queries: queries.map((query) => {
      const { reference, target } = triplets[query];
      return { query, caption: captions[query], reference, target: target! };
    }),
    layouts: await layoutsOf(spaces, others, seed, k),
    moves: Object.fromEntries(spaces.map(({ stage }) => [stage, movesOf(stage)])),
  };
}

/** How much of the neighbourhood of each query's feature a layout shows, [queries] of the split: NaN for no point. */
export async function trustOf(
  { spaces, captions, others }: StudyData,
  { layouts }: StudyMap,
  k: number,
): Promise<ByStage<QueryValues[]>> {
  const sampled = sampledRows(captions.length);
  const trust: { [stage in Stage]?: QueryValues[] } = {};
  for (const [i, space] of spaces.entries()) {
    const kinds = KINDS.map((kind) => pointsOf(space, kind));
    const all = new Float32Array(kinds.reduce((sum, rows) => sum + rows.length, 0));
    let end = 0;
    for (const rows of kinds) {
      all.set(rows, end);
      end += rows.length;
    }
    const { rows: nearest } = await others(space, all, k);
    // Queries stand last.
    const points = sampled.map((_, at) => nearest.length - sampled.length + at);
    trust[space.stage] = layouts.map(({ name, panels }) => {
      const values = new Float64Array(captions.length).fill(Number.NaN);
      for (const [at, value] of keptByMap(nearest, panels[i].positions, points).entries()) values[sampled[at]] = value;
      return { of: name, values };
    });
  }
  return trust;
}
