/** The images nearest to each, itself among them, and their cosines, [count, k]. */
export interface NearImages {
  readonly count: number;
  readonly k: number;
  readonly indices: Uint32Array;
  readonly scores: Float32Array;
  /** Uniform in [0, 1). */
  random(): number;
}

/** @returns places in the plane, [count, 2] */
export function layOut(near: NearImages, pause?: () => Promise<void>): Promise<Float32Array<ArrayBuffer>>;
