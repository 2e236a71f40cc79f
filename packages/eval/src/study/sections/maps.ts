import { movementApart } from '../movement.ts';
import { keptNeighbours } from '../neighbours.ts';
import { principalPlane, project } from '../principal-plane.ts';
import { meanValue, type QueryValues } from '../scores.ts';
import type { StudyData, StudySection } from '../section.ts';
import { type Space, STAGES, type Stage } from '../space.ts';
import { unitRows } from '../vectors.ts';
import { where, withInterval } from '../words.ts';

/** Points of each kind in a map: more would hide one another. */
const POINTS = 400;
/** A share, for people. */
const percent = (share: number): string => `${(100 * share).toFixed(0)}\u00a0%`;
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
  const [overlaps, movements] = [
    meanValue(`share of the ${K} nearest images kept`, strata, kept, { categories: false }),
    meanValue('movement apart from neighbours', strata, apart, { categories: false }),
  ].map(measure);
  return {
    id: 'maps',
    title: 'Maps',
    about:
      'Unit vectors of all stages together, in the plane of their first two principal components: the axes are the ' +
      'same before and after, so that what moves has moved. A plane shows little of a space, and how far a point moves ' +
      `says nothing where all move alike. So it is counted how many of the ${K} gallery images nearest to a text, target or ` +
      'query are still among the nearest after a stage, and how far each moves apart from its neighbours of the same ' +
      'kind: 0 where it goes with them, about 1 where they go every way.',
    findings: [
      ...overlaps.measured.map(
        (one) =>
          `Of the ${K} gallery images nearest to each of the ${one.of}, ${withInterval(one, percent)} are as before ` +
          `${where(one.stage)}.`,
      ),
      ...movements.measured.map((one) =>
        Number.isNaN(one.value)
          ? `The ${one.of} do not move ${where(one.stage)}.`
          : `Of the movement of the ${one.of} ${where(one.stage)}, ${withInterval(one, percent)} is apart from their ` +
            'neighbours.',
      ),
    ],
    figures: [
      {
        kind: 'map',
        name: 'map',
        caption: `Up to ${POINTS} images, texts, queries and targets of each stage in one principal plane.`,
        panels: panelsOf(spaces),
      },
      ...(overlaps.measured.length > 0
        ? [
            {
              kind: 'intervals' as const,
              name: 'neighbours-kept',
              title: 'share of neighbours kept',
              caption: `How many of the ${K} nearest gallery images a stage leaves in place.`,
              measured: overlaps.measured,
            },
            {
              kind: 'intervals' as const,
              name: 'movement-apart',
              title: 'share of the movement',
              caption: 'How much of its movement a text or query does not share with its neighbours.',
              measured: movements.measured.filter(({ value }) => !Number.isNaN(value)),
            },
          ]
        : []),
    ],
    numbers: [overlaps, movements],
  };
}

type Kind = 'texts' | 'targets' | 'queries';

const each = (kinds: readonly Kind[], valuesOf: (what: Kind) => Promise<Float64Array>): Promise<QueryValues[]> =>
  Promise.all(kinds.map(async (of) => ({ of, values: await valuesOf(of) })));

const overlapOf = async ({ neighbours }: StudyData, before: Space, after: Space, what: Kind): Promise<Float64Array> =>
  keptNeighbours(await neighbours(before, before[what], K), await neighbours(after, after[what], K));

async function apartOf({ others }: StudyData, before: Space, after: Space, what: Kind): Promise<Float64Array> {
  const [from, to] = [before, after].map((space) => unitRows(space[what], space.dim));
  return movementApart(from, to, before.dim, await others(before, before[what], K));
}

function panelsOf(spaces: readonly Space[]) {
  const sets = spaces.flatMap((space) =>
    (['gallery', 'texts', 'targets', 'queries'] as const).map((what) => ({
      stage: space.stage,
      kind: what === 'gallery' ? 'images' : what,
      rows: unitRows(sampled(space[what], space.dim), space.dim),
    })),
  );
  const { dim } = spaces[0];
  const all = new Float64Array(sets.reduce((sum, { rows }) => sum + rows.length, 0));
  let at = 0;
  for (const { rows } of sets) {
    all.set(rows, at);
    at += rows.length;
  }
  const plane = principalPlane(all, dim);
  return (Object.keys(STAGES) as Stage[])
    .filter((stage) => spaces.some((space) => space.stage === stage))
    .map((stage) => ({
      stage,
      points: sets
        .filter((set) => set.stage === stage)
        .flatMap(({ kind, rows }) => project(rows, dim, plane).map((point) => ({ kind, ...point }))),
    }));
}

/** At most `POINTS` rows at even distances. */
function sampled(rows: Float32Array, dim: number): Float32Array {
  const stride = Math.ceil(rows.length / dim / POINTS);
  const kept = Array.from({ length: Math.ceil(rows.length / dim / stride) }, (_, i) => i * stride);
  const result = new Float32Array(kept.length * dim);
  for (const [i, row] of kept.entries()) result.set(rows.subarray(row * dim, (row + 1) * dim), i * dim);
  return result;
}
