import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@webcir/clip/node';
import {
  type AutotuneResult,
  autotune,
  type Choices,
  type Device,
  type Graph,
  kernelsFingerprint,
} from '@webcir/kernels';

/** Of the file's format. */
const version = 1;

interface TuningRecord {
  readonly version: typeof version;
  /** The code that was timed. */
  readonly kernels: string;
  readonly adapter: string;
  readonly choices: Choices;
}

export interface AutotuneReport extends Omit<AutotuneResult, 'choices'> {
  readonly milliseconds: number;
  /** Where the choices are remembered. */
  readonly file: string;
  /** Whether a file was there that could not be read. */
  readonly damaged: boolean;
}

/**
 * Chooses the variants of the programs that a device will be given (`Device.choose`): as remembered for the adapter and its driver,
 * else by timing them, once.
 * @param graphs what will be compiled
 * @param folder of what is kept between runs (`defaultCacheFolder`)
 */
export async function autotuneDevice(
  device: Device,
  graphs: readonly Graph<string>[],
  folder: string,
): Promise<AutotuneReport> {
  const file = join(folder, 'autotune', fileName(device));
  const known = await readRecord(file);
  const started = performance.now();
  const { choices, ...tuned } = await autotune(device, graphs, { choices: known === 'damaged' ? {} : known });
  const milliseconds = performance.now() - started;
  device.choose(choices);
  if (tuned.timed + tuned.untimed > 0) {
    const record: TuningRecord = { version, kernels: kernelsFingerprint, adapter: device.name, choices };
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
  }
  return { ...tuned, milliseconds, file, damaged: known === 'damaged' };
}

/** One file for each adapter and driver: drivers say their version in the description. */
function fileName({ name, info: { vendor, architecture, device, description } }: Device): string {
  const hash = createHash('sha256').update(JSON.stringify([vendor, architecture, device, description]));
  const readable = name.replace(/[^\w.-]+/g, '-').slice(0, 60);
  return `${readable}-${hash.digest('hex').slice(0, 12)}.json`;
}

/** What the file says of the kernels as they are now: nothing where they were others. */
async function readRecord(file: string): Promise<Choices | 'damaged'> {
  if (!existsSync(file)) return {};
  const record = parsed(await readFile(file, 'utf8'));
  if (typeof record?.version !== 'number' || typeof record.kernels !== 'string') return 'damaged';
  if (record.version !== version || record.kernels !== kernelsFingerprint) return {};
  const { choices } = record;
  const isRecord = typeof choices === 'object' && choices !== null;
  return isRecord && Object.values(choices).every((variant) => typeof variant === 'string') ? choices : 'damaged';
}

function parsed(text: string): Partial<TuningRecord> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
