import type { RunStorage } from './storage.ts';
import type { Criterion } from './validation.ts';

type Criteria = readonly Criterion<never>[];

/**
 * The file of the best model by one criterion: the run's own for the first one, with the criterion's name in it for the
 * others: for CIRR `clip.safetensors` (arithmetic), `clip-harmonic.safetensors` and `clip-geometric.safetensors`.
 */
const keptFile = (file: string, criteria: Criteria, criterion: Criterion<never>): string =>
  criterion === criteria[0] ? file : file.replace(/(?=\.[^.]+$)/, `-${criterion.name}`);

/** The files to save a model in that is the best so far by some criteria. */
export const keptFiles = (file: string, criteria: Criteria, improved: Criteria): string[] =>
  improved.map((criterion) => keptFile(file, criteria, criterion));

/** Gives the best models their final names; the run's own comes last, so that where it exists, all do. */
export async function keepBest(storage: RunStorage, best: string, final: string, criteria: Criteria): Promise<void> {
  for (const criterion of criteria.toReversed()) {
    const from = keptFile(best, criteria, criterion);
    // If it is gone, an earlier run that was interrupted here has moved it.
    if (await storage.has(from)) await storage.rename(from, keptFile(final, criteria, criterion));
  }
}
