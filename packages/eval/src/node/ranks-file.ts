import { join } from 'node:path';
import { readJson } from '@webcir/clip/node';
import type { Scoreboard } from '../evaluator.ts';
import type { RunRanks } from '../over-runs.ts';
import { protocolNamed } from '../protocols/index.ts';

/**
 * The ranks of every answer, per method, category and query, for bootstraps over queries. The name is that which older
 * runs used, so that they stay readable.
 */
export const ranksFile = 'places.json';

/** The ranks of every query, by method and category, as the JSON text of a run's `ranksFile`. */
export function ranksJson({ evaluator, rankings }: Scoreboard): string {
  const methods: RunRanks['methods'] = Object.fromEntries(
    [...rankings].map(([method, categories]) => [
      method,
      Object.fromEntries(categories.map(({ category, ranks }) => [category, ranks])),
    ]),
  );
  return JSON.stringify({ protocol: evaluator.protocol.name, methods });
}

/** @throws naming a run that is not finished, or the file where it is damaged */
export async function readRanks(run: string): Promise<RunRanks> {
  const file = join(run, ranksFile);
  const ranks = await readJson<{ protocol?: string; methods?: RunRanks['methods'] } | null>(file);
  if (ranks === undefined) throw new Error(`${file} is missing: ${run} is not the folder of a finished run`);
  const { protocol: name, methods } = ranks ?? {};
  const protocol = protocolNamed(name ?? '');
  if (!protocol) {
    throw new Error(`${file}: expected the name of a protocol in "protocol", found ${name ?? 'none'}: train it again`);
  }
  if (typeof methods !== 'object' || methods === null)
    throw new Error(`${file}: expected the ranks of each method in "methods", found none: train it again`);
  return { protocol, methods };
}
