import { KINDS, type MapKind } from '../map/types.ts';

/** Positions on a page are whole numbers up to this: finer than a pixel at the largest zoom. */
export const EXTENT = 9999;

/** What the page of a study hands to its maps, as JSON: a number that is none is null. */
export interface ExplorerData {
  /** What each stage is called. */
  readonly stages: readonly string[];
  /** Pictures of the atlas by their image id, row by row. */
  readonly pictures: readonly string[];
  /** Width and height of a picture in the atlas, in pixels, and pictures in a row. */
  readonly tile: number;
  readonly columns: number;
  /** Numbers of pictures. */
  readonly images: readonly number[];
  readonly queries: readonly {
    readonly caption: string;
    /** Numbers of pictures. */
    readonly reference: number;
    readonly target: number;
  }[];
  readonly layouts: readonly { readonly name: string; readonly panels: readonly PanelData[] }[];
  /** For each stage. */
  readonly moves: readonly Readonly<Partial<Record<MapKind, MovesData>>>[];
}

/** Whole numbers up to `EXTENT`, x and y of each point in turn. */
export interface PanelData {
  readonly positions: readonly number[];
  readonly expected?: readonly number[];
}

/** As `MapMoves`. */
export interface MovesData {
  readonly apart: readonly (number | null)[];
  readonly kept: readonly (number | null)[];
}

/** A point, the same in every panel. */
export interface Point {
  readonly kind: MapKind;
  /** Its number among those of its kind: for all but images, that of its query. */
  readonly at: number;
  /** Number of its picture; a text has none. */
  readonly picture?: number;
}

/** All points, in the order of the positions. */
export function pointsOf({ images, queries }: ExplorerData): Point[] {
  return KINDS.flatMap((kind): Point[] =>
    kind === 'images'
      ? images.map((picture, at) => ({ kind, at, picture }))
      : queries.map(({ reference, target }, at) => ({
          kind,
          at,
          ...(kind === 'targets' && { picture: target }),
          ...(kind === 'queries' && { picture: reference }),
        })),
  );
}

/** The points of the query that a point belongs to, itself among them: text, target and query. */
export const relatedTo = (points: readonly Point[], picked: number): number[] =>
  points[picked].kind === 'images'
    ? [picked]
    : [...points.keys()].filter((i) => points[i].kind !== 'images' && points[i].at === points[picked].at);
