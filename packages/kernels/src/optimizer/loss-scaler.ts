/** The defaults of PyTorch's `torch.cuda.amp.GradScaler`, which CLIP4Cir uses unchanged. */
const initialScale = 2 ** 16;
const growth = 2;
const backoff = 0.5;
const growthInterval = 2000;

/**
 * Dynamic loss scaling (Micikevicius et al. 2017, arXiv 1710.03740), with the rules and numbers of PyTorch's
 * GradScaler: gradients in half precision keep their small values if the loss is large; if it is too large, they
 * overflow, the step is skipped and the scale halved. After 2000 steps without an overflow it is doubled.
 */
export class LossScaler {
  #scale = initialScale;
  /** Steps since the scale was last changed. */
  #steady = 0;
  #skipped = 0;

  get scale(): number {
    return this.#scale;
  }

  /** Steps that were skipped: they do not count in Adam's bias correction. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Adapts the scale. Call it after every step. */
  update(overflowed: boolean): void {
    if (overflowed) {
      this.#scale *= backoff;
      this.#skipped++;
      this.#steady = 0;
    } else if (++this.#steady === growthInterval) {
      this.#scale *= growth;
      this.#steady = 0;
    }
  }

  /** The state, as metadata of a checkpoint. */
  save(): Record<string, string> {
    return {
      'loss scale': String(this.#scale),
      'steady steps': String(this.#steady),
      'skipped steps': String(this.#skipped),
    };
  }

  /** @throws RangeError if the metadata is not from a checkpoint of a run with loss scaling */
  restore(metadata: ReadonlyMap<string, string>): void {
    const read = (name: string) => {
      const value = Number(metadata.get(name) ?? Number.NaN);
      if (Number.isFinite(value)) return value;
      throw new RangeError(
        `expected '${name}' in the checkpoint of a run in mixed precision, found ${metadata.get(name) ?? 'nothing'}`,
      );
    };
    [this.#scale, this.#steady, this.#skipped] = ['loss scale', 'steady steps', 'skipped steps'].map(read);
  }
}
