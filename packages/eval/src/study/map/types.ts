import type { Stage } from '../space.ts';

/** What the points of a map are of, in the order in which they stand. */
export const KINDS = ['images', 'texts', 'targets', 'queries'] as const;
export type MapKind = (typeof KINDS)[number];

/** A query that has a point of each kind but 'images'. */
export interface MapQuery {
  /** Its number in the split. */
  readonly query: number;
  readonly caption: string;
  /** Image ids. */
  readonly reference: string;
  readonly target: string;
}

/** Where every point lies at a stage. */
export interface MapPanel {
  readonly stage: Stage;
  /** [points, 2], on the axes of all panels of its layout. */
  readonly positions: Float64Array;
  /** Where each would lie had it moved as its neighbours did since the panel before, [points, 2]. */
  readonly expected?: Float64Array;
}

/** One way to lay the features of all stages out in a plane. */
export interface MapLayout {
  readonly name: string;
  readonly panels: readonly MapPanel[];
}

/** What a stage did to the neighbourhood of each query's point of a kind; NaN where it did not move. */
export interface MapMoves {
  /** Share of its movement that is apart from that of its neighbours, [queries of the map]. */
  readonly apart: Float64Array;
  /** Share of its nearest gallery images that are as before, [queries of the map]. */
  readonly kept: Float64Array;
}

/** Maps of a study, for a reader who moves about in them: the same points at every stage. */
export interface StudyMap {
  /** Ids of the gallery images that are points. */
  readonly images: readonly string[];
  readonly queries: readonly MapQuery[];
  readonly layouts: readonly MapLayout[];
  readonly moves: Readonly<Partial<Record<Stage, Readonly<Partial<Record<MapKind, MapMoves>>>>>>;
}
