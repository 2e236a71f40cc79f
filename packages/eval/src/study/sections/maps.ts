import type { MapFigure } from '../figures.ts';
import { studyMap, trustOf } from '../map/study-map.ts';
import { KINDS, type StudyMap } from '../map/types.ts';
import { movementApart } from '../movement.ts';
import { keptNeighbours } from '../neighbours.ts';
import { meanAndDeviation, type QueryValues } from '../scores.ts';
import type { StudyData, StudySection } from '../section.ts';
import type { Space, Stage } from '../space.ts';
import { unitRows } from '../vectors.ts';
import { decimals, sayChanges, where, withInterval } from '../words.ts';

/** A share, for people. */
const percent = (share: number): string => decimals(0, '\u00a0%')(100 * share);
/** Neighbours that are compared. */
const K = 10;

/** The spaces as maps on the same axes, and how many neighbours survive a stage. */
export async function mapsSection(data: StudyData): Promise<StudySection> {
  const { spaces, strata, measure } = data;
  const kept: { [stage in Stage]?: QueryValues[] } = {};
  const apart: { [stage in Stage]?: QueryValues[] } = {};
  for (const [index, space] of spaces.entries()) {
    const before = spaces[index - 1];
    if (!before) continue;
    const changed = space.sameClip ? (['queries'] as const) : (['texts', 'targets', 'queries'] as const);
    kept[space.stage] = await each(changed, (what) => overlapOf(data, before, space, what));
    apart[space.stage] = await each(changed, (what) => apartOf(data, before, space, what));
  }
  const map = await studyMap(data, { kept, apart }, K);
  const [overlaps, movements, trust] = [
    meanAndDeviation(`share of the ${K} nearest images kept`, strata, kept),
    meanAndDeviation('movement apart from neighbours', strata, apart),
    meanAndDeviation(`share of the ${K} nearest points kept by the map`, strata, await trustOf(data, map, K)),
  ].map((quantities) => quantities.map(measure));
  return {
    id: 'maps',
    title: 'Maps',
    about:
      'Unit vectors of all stages together: the axes are the same before and after, so that what moves has moved. UMAP ' +
      '(McInnes et al. 2018) keeps neighbours together and says little about distances (wide empty bands are shortened); PCA is the plane of the first ' +
      'two principal components, which keeps what is far apart and mixes neighbours. How far a point moves says ' +
      `nothing where all move alike. So it is counted how many of the ${K} gallery images nearest to a text, target or ` +
      'query are still among the nearest after a stage, and how far each moves apart from its neighbours of the same ' +
      'kind: 0 where it goes with them, about 1 where they go every way.',
    findings: [
      ...overlaps[0].measured.map(
        (one) =>
          `Of the ${K} gallery images nearest to each of the ${one.of}, ${withInterval(one, percent)} are as before ` +
          `${where(one.stage)}.`,
      ),
      ...movements[0].measured.map((one) =>
        Number.isNaN(one.value)
          ? `The ${one.of} do not move ${where(one.stage)}.`
          : `Of the movement of the ${one.of} ${where(one.stage)}, ${withInterval(one, percent)} is apart from their ` +
            'neighbours.',
      ),
      ...map.layouts.map(({ name }) =>
        sayChanges(
          `The share of the ${K} points nearest to a query that ${name} shows nearest`,
          trust[0],
          name,
          percent,
        ),
      ),
    ],
    map,
    figures: [
      ...map.layouts.map(({ name }) => mapFigure(map, name)),
      ...(spaces.length > 1
        ? [
            {
              kind: 'intervals' as const,
              name: 'neighbours-kept',
              title: 'share of neighbours kept',
              caption: `How many of the ${K} nearest gallery images a stage leaves in place.`,
              measured: overlaps[0].measured,
            },
            {
              kind: 'intervals' as const,
              name: 'movement-apart',
              title: 'share of the movement',
              caption: 'How much of its movement a text or query does not share with its neighbours.',
              measured: movements[0].measured.filter(({ value }) => !Number.isNaN(value)),
            },
          ]
        : []),
    ],
    numbers: [...overlaps, ...movements, ...trust],
  };
}

type Kind = 'texts' | 'targets' | 'queries';

const each = (kinds: readonly Kind[], valuesOf: (what: Kind) => Promise<Float64Array>): Promise<QueryValues[]> =>
  Promise.all(kinds.map(async (of) => ({ of, values: await valuesOf(of) })));

const overlapOf = async ({ neighbours }: StudyData, before: Space, after: Space, what: Kind): Promise<Float64Array> =>
  keptNeighbours(await neighbours(before, before[what], K), await neighbours(after, after[what], K));

async function apartOf({ others }: StudyData, before: Space, after: Space, what: Kind): Promise<Float64Array> {
  const [from, to] = [before, after].map((space) => unitRows(space[what], space.dim));
  return movementApart(from, to, before.dim, (await others(before, before[what], K)).rows);
}

/** A layout of a map for paper. */
function mapFigure({ images, queries, layouts }: StudyMap, name: string): MapFigure {
  const kinds = KINDS.flatMap((kind) => Array<string>((kind === 'images' ? images : queries).length).fill(kind));
  const { panels } = layouts.find((layout) => layout.name === name)!;
  return {
    kind: 'map',
    name: `map-${name.toLowerCase()}`,
    caption: `${name} of the ${images.length} images and of the texts, targets and queries of ${queries.length} queries, all stages on the same axes.`,
    panels: panels.map(({ stage, positions }) => ({
      stage,
      points: kinds.map((kind, i) => ({ kind, x: positions[2 * i], y: positions[2 * i + 1] })),
    })),
  };
}
