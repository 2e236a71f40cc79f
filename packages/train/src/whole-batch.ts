import { compile, type HostArray, SharedMemory } from '@webcir/kernels';
import { type PreparedStep, programStep, type StepProgram } from './loop.ts';
import { type PictureBatch, packPixels } from './pictures.ts';
import { wholeLoss } from './stage1-graphs.ts';
import { type StepOptions, wholeNeeds } from './stage1-memory.ts';
import { type GroupLengths, groupTexts } from './text-groups.ts';

/**
 * Steps of stage 1 with the whole batch in one program, and so in one submit. One program for each set of text lengths, all in
 * the same memory.
 */
export class WholeBatch {
  readonly #options: StepOptions;
  readonly #memory: SharedMemory;
  readonly #programs = new Map<string, Promise<StepProgram>>();

  constructor(options: StepOptions) {
    this.#options = options;
    this.#memory = new SharedMemory(options.device);
  }

  async prepare(pictures: PictureBatch, texts: readonly (readonly number[])[]): Promise<PreparedStep> {
    const { clip, trim } = this.#options;
    const { lengths, inputs } = groupTexts(texts, clip.config, trim);
    const program = await this.#program(pictures.kind, lengths);
    return programStep(program, { ...inputs, ...this.#pictureInputs(pictures) }, this.#options.adam);
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs.values()) (await program).dispose();
    this.#memory.dispose();
  }

  #pictureInputs(pictures: PictureBatch): Record<string, HostArray> {
    if (pictures.kind === 'features') return { reference: pictures.reference, target: pictures.target };
    const { imageResolution } = this.#options.clip.config;
    return { pixels: packPixels([...pictures.reference, ...pictures.target], imageResolution) };
  }

  #program(kind: PictureBatch['kind'], lengths: GroupLengths): Promise<StepProgram> {
    const key = `${kind} ${lengths}`;
    if (this.#programs.size === 0) this.#reserve(kind);
    let program = this.#programs.get(key);
    if (!program) {
      const { device, clip, adam, batch, recompute } = this.#options;
      const loss = wholeLoss(clip, kind, lengths, batch);
      program = compile(device, { ...adam.minimize(loss, { recompute }), memory: this.#memory });
      this.#programs.set(key, program);
    }
    return program;
  }

  /** Takes the memory of the longest texts first: programs for shorter ones find room in it. */
  #reserve(kind: PictureBatch['kind']): void {
    const { clip, device } = this.#options;
    for (const need of wholeNeeds(clip, kind, this.#options, device.capabilities)) this.#memory.reserve(need);
  }
}
