import { compile, type HostArray, SharedMemory } from '@webcir/kernels';
import { type GroupLengths, groupTexts } from '@webcir/retrieval';
import { type PreparedStep, programStep, type StepProgram } from '../loop.ts';
import { wholeLoss } from './graphs.ts';
import { type ImageBatch, packPixels } from './images.ts';
import { type StepOptions, wholeNeeds } from './memory.ts';

/**
 * Steps of stage 1 with the whole batch in one program, and so in one submit. One program for each set of text lengths,
 * all in the same memory.
 */
export class WholeBatch {
  readonly #options: StepOptions;
  readonly #memory: SharedMemory;
  readonly #programs = new Map<string, Promise<StepProgram>>();

  constructor(options: StepOptions) {
    this.#options = options;
    this.#memory = new SharedMemory(options.device);
  }

  async prepare(
    images: ImageBatch,
    texts: readonly (readonly number[])[],
    more: Readonly<Record<string, HostArray>>,
  ): Promise<PreparedStep> {
    const { clip, trim } = this.#options;
    const { lengths, inputs } = groupTexts(texts, clip.config, trim);
    const program = await this.#program(images.kind, lengths);
    return programStep(program, { ...inputs, ...this.#imageInputs(images), ...more }, this.#options.adam);
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs.values()) (await program).dispose();
    this.#memory.dispose();
  }

  #imageInputs(images: ImageBatch): Record<string, HostArray> {
    const { clip, negatives } = this.#options;
    const { imageResolution } = clip.config;
    if (images.kind === 'features') {
      return { reference: images.reference, ...(negatives?.readsTargets !== false && { target: images.target }) };
    }
    return { pixels: packPixels([...images.reference, ...images.target], imageResolution) };
  }

  #program(kind: ImageBatch['kind'], lengths: GroupLengths): Promise<StepProgram> {
    const key = `${kind} ${lengths}`;
    if (this.#programs.size === 0) this.#reserve(kind);
    let program = this.#programs.get(key);
    if (!program) {
      const { device, clip, adam, batch, recompute, negatives } = this.#options;
      const loss = wholeLoss(clip, kind, lengths, batch, negatives);
      program = compile(device, { ...adam.minimize(loss, { recompute }), memory: this.#memory });
      this.#programs.set(key, program);
    }
    return program;
  }

  /** Takes the memory of the longest texts first: programs for shorter ones fit into it. */
  #reserve(kind: ImageBatch['kind']): void {
    const { clip, device } = this.#options;
    for (const need of wholeNeeds(clip, kind, this.#options, device.capabilities)) this.#memory.reserve(need);
  }
}
