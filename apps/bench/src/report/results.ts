import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Device } from '@webcir/kernels';
import type { Judged } from '../goals/verdict.ts';
import type { Ceilings } from '../measure/share.ts';
import type { OpRow } from '../ops/table.ts';
import type { Race } from '../peers/race.ts';
import type { ProgramRow } from '../programs/time-program.ts';
import { page } from './page.ts';

/** The machine, without which the numbers mean nothing. */
export interface Machine {
  readonly adapter: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly driver: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
}

/** One run of the bench, as it is written to a file. */
export interface Results {
  readonly version: 1;
  /** ISO 8601. */
  readonly when: string;
  readonly command: string;
  readonly machine: Machine;
  readonly ceilings?: Ceilings;
  readonly ops: readonly OpRow[];
  readonly programs: readonly ProgramRow[];
  readonly races: readonly Race[];
  readonly goals: readonly Judged[];
}

export function machineOf(device: Device): Machine {
  const { info } = device;
  const processors = cpus();
  return {
    adapter: device.name,
    vendor: info.vendor,
    architecture: info.architecture,
    driver: info.description,
    platform: `${process.platform} ${process.arch}`,
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/** A run that ended just now. */
export const resultsOf = (
  machine: Machine,
  found: Partial<Pick<Results, 'ceilings' | 'ops' | 'programs' | 'races' | 'goals'>>,
): Results => ({
  version: 1,
  when: new Date().toISOString(),
  command: ['pnpm bench', ...process.argv.slice(2)].join(' '),
  machine,
  ops: [],
  programs: [],
  races: [],
  goals: [],
  ...found,
});

/** Writes a run as JSON and as a page. Returns the paths. */
export function writeResults(folder: string, results: Results): { json: string; html: string } {
  mkdirSync(folder, { recursive: true });
  const name = results.when.slice(0, 19).replaceAll(':', '-');
  const [json, html] = ['json', 'html'].map((type) => join(folder, `${name}.${type}`));
  writeFileSync(json, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(html, page(results));
  return { json, html };
}

/** Reads an earlier run. Throws an error that names the file where it holds none. */
export function readResults(path: string): Results {
  let found: Partial<Results>;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path}: expected a JSON file of an earlier run: ${(cause as Error).message}`, { cause });
  }
  if (found.version !== 1 || !Array.isArray(found.ops) || !Array.isArray(found.programs)) {
    throw new Error(`${path}: expected results of the bench, version 1; run the old commit's bench again`);
  }
  return found as Results;
}
