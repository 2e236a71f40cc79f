import type { ModelName } from '../build/models.ts';

/** A piece of work that webcir and its peers can all do, as data: it is sent to them as JSON. */
export type Work =
  /** NN: a [rows, inner] b [inner, columns]; NT: b [columns, inner]; TN: a [inner, rows]. */
  | { kind: 'matmul'; layout: 'NN' | 'NT' | 'TN'; rows: number; inner: number; columns: number }
  /** NN, on halves that are already on the device. */
  | { kind: 'half-matmul'; rows: number; inner: number; columns: number }
  | { kind: 'layernorm'; rows: number; width: number }
  | { kind: 'softmax'; rows: number; columns: number }
  /** qkv [batch, tokens, 3 * heads * headSize] to [batch, tokens, heads * headSize], no mask. */
  | { kind: 'attention'; batch: number; heads: number; tokens: number; headSize: number; backward: boolean }
  /** A pre-norm block with QuickGELU, no mask. */
  | { kind: 'block'; batch: number; tokens: number; width: number; heads: number; backward: boolean }
  /** Inner products with a whole gallery, exact. */
  | { kind: 'search'; images: number; width: number; queries: number; k: number }
  /** A training step that tunes the text encoder. Peers run it as CLIP4Cir does: see `clip4cir`. */
  | {
      kind: 'stage1';
      model: ModelName;
      sizes: TextModel;
      texts: number[][];
      batch: number;
      learningRate: number;
      weightDecay: number;
      clip4cir: OriginalProcedure;
    }
  /** A training step of the Combiner. */
  | {
      kind: 'stage2';
      sizes: TextModel;
      texts: number[][];
      combiner: { featureDim: number; projectionDim: number; hiddenDim: number };
      batch: number;
      dropout: number;
      learningRate: number;
      clip4cir: OriginalProcedure;
    };

/**
 * What CLIP4Cir's scripts do at every step and webcir's exact shortcuts leave out; all texts at 77 positions in any
 * case.
 */
export interface OriginalProcedure {
  /** Reference and target images go through the image encoder at every step. */
  readonly images: boolean;
  /** Rows of the token table, all of which AdamW updates. */
  readonly vocabulary: number;
}

export interface TextModel {
  readonly embedDim: number;
  readonly textWidth: number;
  readonly textHeads: number;
  readonly textLayers: number;
  readonly contextLength: number;
  readonly vocabularySize: number;
  /** The ViT that the original procedure runs. */
  readonly vision?: { layers: number; width: number; heads: number; patchSize: number; imageResolution: number };
}

export type Kind = Work['kind'];
export type WorkOf<K extends Kind> = Extract<Work, { kind: K }>;

/** Numbers of some results by name: whole where there are few, else evenly picked (`pick`). */
export type Picked = Readonly<Record<string, readonly number[]>>;

const MAX_PICKED = 1024;

/** Picks at most 1024 of the values, evenly spread: enough to see that two results are the same. */
export function pick(values: ArrayLike<number>): number[] {
  const step = Math.ceil(values.length / MAX_PICKED);
  return Array.from({ length: Math.ceil(values.length / step) }, (_, i) => values[i * step]);
}
