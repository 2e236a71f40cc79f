import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readJson, writeFileAtomic } from '@webcir/clip/node';
import { type Choices, type Device, enableAutotune, kernelsFingerprint } from '@webcir/kernels';
import { writeToCache } from './cache.ts';

/** The version of the file's format. */
const version = 1;

interface AutotuneRecord {
  readonly version: typeof version;
  /** The code that was timed. */
  readonly kernels: string;
  readonly adapter: string;
  readonly choices: Choices;
}

/** The choices that `autotuneDevice` has settled so far, and where it keeps them. */
export interface Autotuning {
  /** How many shape classes were settled so far, and how. */
  readonly counts: ReturnType<typeof enableAutotune>;
  /** The file that remembers the choices. */
  readonly file: string;
  /** Whether there was a file that could not be read. */
  readonly damaged: boolean;
}

/** Choices to begin with, and who is told of new ones. */
export interface AutotuneDeviceOptions {
  /** Choices that go before the remembered ones: those of a run that is resumed. */
  readonly choices?: Choices;
  /** Called with the choices that a graph has added, and awaited before its program is made. */
  onChoices?(added: Choices): void | Promise<void>;
}

/**
 * Makes `compile` choose the kernel variants that are the fastest on this device: those remembered for the adapter and
 * its driver; the others are timed when they are first compiled, and remembered.
 * @param folder where webcir keeps what it remembers between runs (`defaultCacheFolder`)
 */
export async function autotuneDevice(
  device: Device,
  folder: string,
  { choices, onChoices }: AutotuneDeviceOptions = {},
): Promise<Autotuning> {
  const file = join(folder, 'autotune', fileName(device));
  const record = await readRecord(file);
  const known: Record<string, string> = { ...(record === 'damaged' ? {} : record) };
  const counts = enableAutotune(device, {
    choices: { ...known, ...choices },
    async onChoices(added) {
      const text = recordText(device, Object.assign(known, added));
      await writeToCache(folder, () => writeFileAtomic(file, Buffer.from(text)));
      await onChoices?.(added);
    },
  });
  return { counts, file, damaged: record === 'damaged' };
}

function recordText({ name }: Device, choices: Choices): string {
  const record: AutotuneRecord = { version, kernels: kernelsFingerprint, adapter: name, choices };
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** One file for each adapter and driver: drivers say their version in the description. */
function fileName({ name, info: { vendor, architecture, device, description } }: Device): string {
  const hash = createHash('sha256').update(JSON.stringify([vendor, architecture, device, description]));
  const readable = name.replace(/[^\w.-]+/g, '-').slice(0, 60);
  return `${readable}-${hash.digest('hex').slice(0, 12)}.json`;
}

/** The remembered choices; none if they were made for another version of the kernels. */
async function readRecord(file: string): Promise<Choices | 'damaged'> {
  const record = await readJson<Partial<AutotuneRecord>>(file).catch(() => null);
  if (record === undefined) return {};
  if (typeof record?.version !== 'number' || typeof record.kernels !== 'string') return 'damaged';
  if (record.version !== version || record.kernels !== kernelsFingerprint) return {};
  const { choices } = record;
  const isRecord = typeof choices === 'object' && choices !== null;
  return isRecord && Object.values(choices).every((variant) => typeof variant === 'string') ? choices : 'damaged';
}
