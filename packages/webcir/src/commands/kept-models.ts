import { rename } from 'node:fs/promises';
import type { Criterion, Protocol } from '@webcir/eval';
import type { RunFolder } from '../run-folder.ts';

/**
 * The file of the best model by one criterion: the run's own by the first one, with the criterion's name in it by the others,
 * as CIRR's `clip.safetensors` (arithmetic mean), `clip-harmonic.safetensors` and `clip-geometric.safetensors`.
 */
const keptFile = (file: string, { criteria }: Protocol, criterion: Criterion): string =>
  criterion === criteria[0] ? file : file.replace(/(?=\.[^.]+$)/, `-${criterion.name}`);

/** Paths of the files that a model goes to that is the best so far by some criteria. */
export const keptFiles = (
  folder: RunFolder,
  file: string,
  protocol: Protocol,
  criteria: readonly Criterion[],
): string[] => criteria.map((criterion) => folder.file(keptFile(file, protocol, criterion)));

/** Gives the best models their final names; the run's own model comes last, so that where it is, all are. */
export async function keepBest(folder: RunFolder, best: string, final: string, protocol: Protocol): Promise<void> {
  for (const criterion of protocol.criteria.toReversed()) {
    const from = keptFile(best, protocol, criterion);
    // Where it is gone, an earlier run that was interrupted here has moved it.
    if (folder.has(from)) await rename(folder.file(from), folder.file(keptFile(final, protocol, criterion)));
  }
}
