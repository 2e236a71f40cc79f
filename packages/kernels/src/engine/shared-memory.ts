/**
 * Memory for the intermediate values of programs that take turns, such as one training step at different text lengths: together
 * they need little more than the largest of them. What a program leaves there is overwritten by the next one, so results must be
 * read in the same submit (`runAndRead`).
 */
export class SharedMemory {
  readonly #buffers: GPUBuffer[] = [];

  /** Bytes. */
  get size(): number {
    return this.#buffers.reduce((sum, { size }) => sum + size, 0);
  }

  /** @internal Buffers of at least these sizes, for one program: those of earlier programs, and new ones where these do not do. */
  take(sizes: readonly number[], create: (size: number) => GPUBuffer): GPUBuffer[] {
    const owned = this.#buffers.map(({ size }) => size);
    const taken = fitInto(owned, sizes);
    for (const size of owned.slice(this.#buffers.length)) this.#buffers.push(create(size));
    return taken.map((index) => this.#buffers[index]);
  }

  dispose(): void {
    for (const buffer of this.#buffers.splice(0)) buffer.destroy();
  }
}

/**
 * Finds a buffer for each wanted size, the smallest that is large enough and not taken yet.
 * @param owned sizes of the buffers; those that are missing are added to it
 * @param wanted largest first
 * @returns for each wanted size the index of its buffer
 */
export function fitInto(owned: number[], wanted: readonly number[]): number[] {
  const free = new Set(owned.keys());
  return wanted.map((size) => {
    let found: number | undefined;
    for (const index of free) {
      if (owned[index] >= size && (found === undefined || owned[index] < owned[found])) found = index;
    }
    if (found === undefined) return owned.push(size) - 1;
    free.delete(found);
    return found;
  });
}
