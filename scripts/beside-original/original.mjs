// The original code, as a child process.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from '../lib/run.mjs';

const script = join(import.meta.dirname, 'original.py');

/** The original code as `original.py` runs it, on data in the folder `work`. */
export class Original {
  #paths;
  #python;

  /** @param {{ clip: string, clip4cir: string, work: string, python: string }} paths clones of both repositories */
  constructor({ clip, clip4cir, work, python }) {
    this.#paths = { clip: resolve(clip), clip4cir: resolve(clip4cir), work };
    this.#python = python;
  }

  /** Does jobs in turn; what each of them returns. */
  async do(...jobs) {
    const { work } = this.#paths;
    const [file, results] = [join(work, 'jobs.json'), join(work, 'results.json')];
    writeFileSync(file, JSON.stringify({ ...this.#paths, results, jobs }));
    const { code, output } = await run(this.#python, [script, file], { cwd: work });
    if (code !== 0) throw new Error(`the original code failed (${jobs.map((job) => job.do).join(', ')}):\n${output}`);
    return JSON.parse(readFileSync(results, 'utf8'));
  }
}
