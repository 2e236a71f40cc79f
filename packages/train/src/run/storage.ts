import { blobSource, openSafetensors, type SafetensorsContent, safetensorsPieces, type WeightFile } from '@webcir/clip';

/**
 * The place where a run stores its results: a folder in Node (`RunFolder` of `@webcir/train/node`), memory in a page.
 * Writes are atomic, so that a run can go on whenever it was stopped.
 */
export interface RunStorage {
  has(name: string): Promise<boolean>;
  /** @throws naming the file, where there is none or it is damaged */
  open(name: string): Promise<WeightFile>;
  write(name: string, file: SafetensorsContent): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Adds entries to the log. */
  log(entries: readonly object[]): Promise<void>;
  /** Every entry so far, as JSON has it. */
  logged(): Promise<Record<string, unknown>[]>;
  /** Replaces the log by these entries. */
  relog(entries: readonly object[]): Promise<void>;
}

/** A storage that lasts as long as the page: models and checkpoints are blobs. */
export function memoryStorage(): RunStorage {
  const files = new Map<string, Blob>();
  const entries: string[] = [];
  const file = (name: string): Blob => {
    const blob = files.get(name);
    if (!blob)
      throw new Error(`${name} is not in this storage, which has: ${[...files.keys()].join(', ') || 'nothing'}`);
    return blob;
  };
  return {
    has: async (name) => files.has(name),
    open: async (name) => openSafetensors(blobSource(file(name), name)),
    async write(name, content) {
      const pieces: BlobPart[] = [];
      for await (const piece of safetensorsPieces(content)) pieces.push(piece.slice());
      files.set(name, new Blob(pieces));
    },
    async rename(from, to) {
      files.set(to, file(from));
      files.delete(from);
    },
    log: async (added) => void entries.push(...added.map((entry) => JSON.stringify(entry))),
    logged: async () => entries.map((entry) => JSON.parse(entry)),
    relog: async (kept) => void entries.splice(0, entries.length, ...kept.map((entry) => JSON.stringify(entry))),
  };
}
