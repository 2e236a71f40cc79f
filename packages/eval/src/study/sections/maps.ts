import { keptNeighbours } from '../neighbours.ts';
import { principalPlane, project } from '../principal-plane.ts';
import { meanValue, type QueryValues } from '../scores.ts';
import type { StudyData, StudySection } from '../section.ts';
import { type Space, STAGES, type Stage } from '../space.ts';
import { unitRows } from '../vectors.ts';
import { numberOf, where, withInterval } from '../words.ts';

/** Points of each kind in a map: more would hide one another. */
const POINTS = 400;
/** A share, for people. */
const percent = (share: number): string => `${(100 * share).toFixed(0)}\u00a0%`;
/** Neighbours that are compared. */
const K = 10;

/** The spaces as maps on the same axes, and how many neighbours survive a stage. */
export async function mapsSection(data: StudyData): Promise<StudySection> {
  const { spaces, strata, measure, neighbours } = data;
  const kept: { [stage in Stage]?: QueryValues[] } = {};
  for (const [index, space] of spaces.entries()) {
    const before = spaces[index - 1];
    if (!before) continue;
    const overlapOf = async (what: 'queries' | 'texts' | 'targets') =>
      keptNeighbours(await neighbours(before, before[what], K), await neighbours(space, space[what], K));
    kept[space.stage] = [
      ...(space.sameClip
        ? []
        : [
            { of: 'texts', values: await overlapOf('texts') },
            { of: 'targets', values: await overlapOf('targets') },
          ]),
      { of: 'queries', values: await overlapOf('queries') },
    ];
  }
  const overlaps = measure(meanValue(`share of the ${K} nearest images kept`, strata, kept, { categories: false }));
  return {
    id: 'maps',
    title: 'Maps',
    about:
      'Unit vectors of all stages together, in the plane of their first two principal components: the axes are the ' +
      'same before and after, so that what moves has moved. A plane shows little of a space, and how far a point moves ' +
      `says nothing where all move alike; so for each text, target and query it is also counted how many of its ${K} ` +
      'nearest gallery images are still among them after a stage.',
    findings: overlaps.measured.map(
      ({ of, stage }) =>
        `Of the ${K} gallery images nearest to each of the ${of}, ` +
        `${withInterval(numberOf(overlaps, of, stage), percent)} are as before ${where(stage)}.`,
    ),
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
          ]
        : []),
    ],
    numbers: [overlaps],
  };
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
