import type { Measured } from './measure.ts';
import type { Stage } from './space.ts';

/** What every figure has. */
interface Named {
  /** Names its file. */
  readonly name: string;
  /** What it shows, for whoever cannot see it as well. */
  readonly caption: string;
}

/** Numbers with their intervals: a line for each thing that is measured, a dot for each stage. */
export interface IntervalsFigure extends Named {
  readonly kind: 'intervals';
  readonly title: string;
  readonly measured: readonly Measured[];
}

/** Histograms over one another: a panel for each stage. */
export interface HistogramsFigure extends Named {
  readonly kind: 'histograms';
  readonly title: string;
  /** What the shares are of: pairs, texts. */
  readonly unit: string;
  readonly panels: readonly {
    readonly stage: Stage;
    /** One more than there are shares. */
    readonly edges: readonly number[];
    readonly series: readonly { readonly name: string; readonly shares: readonly number[] }[];
  }[];
}

/** A point of a curve, with its interval where it has one. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

/** Curves with bands. */
export interface CurvesFigure extends Named {
  readonly kind: 'curves';
  readonly x: string;
  readonly y: string;
  readonly logarithmic?: boolean;
  readonly curves: readonly { readonly name: string; readonly points: readonly CurvePoint[] }[];
}

/** Shares of a whole: a bar for each stage. */
export interface SharesFigure extends Named {
  readonly kind: 'shares';
  readonly title: string;
  readonly bars: readonly {
    readonly stage: Stage;
    readonly shares: readonly { readonly of: string; readonly percent: number }[];
  }[];
}

/** Points of several kinds in a plane: a panel for each stage, on the same axes. */
export interface MapFigure extends Named {
  readonly kind: 'map';
  readonly panels: readonly {
    readonly stage: Stage;
    readonly points: readonly { readonly kind: string; readonly x: number; readonly y: number }[];
  }[];
}

/** A figure of a study, as data: `renderStudy` draws it. */
export type Figure = IntervalsFigure | HistogramsFigure | CurvesFigure | SharesFigure | MapFigure;
