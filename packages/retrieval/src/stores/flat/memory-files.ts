import { memorySource } from '@webcir/clip';
import type { StoreFiles } from './files.ts';

/** A store's folder in memory: for a page whose gallery need not outlive the visit, and for tests. */
export function memoryFiles(name = 'memory'): StoreFiles {
  const files = new Map<string, Uint8Array>();
  let isLocked = false;
  const bytesOf = (file: string): Uint8Array => {
    const bytes = files.get(file);
    if (bytes === undefined) throw new Error(`${name}/${file}: there is no such file`);
    return bytes;
  };
  return {
    name,
    read: async (file) => files.get(file),
    open: async (file) => ({ ...memorySource(bytesOf(file), `${name}/${file}`), close: async () => {} }),
    async write(file, pieces) {
      const parts: Uint8Array[] = [];
      for await (const piece of pieces) parts.push(piece.slice());
      files.set(file, joinBytes(parts));
    },
    async append(file, length) {
      files.set(file, bytesOf(file).slice(0, length));
      return {
        append: async (bytes) => void files.set(file, joinBytes([bytesOf(file), bytes])),
        close: async () => {},
      };
    },
    remove: async (file) => void files.delete(file),
    list: async () => [...files.keys()],
    async lock() {
      if (isLocked) throw new Error(`${name}: is being written by another`);
      isLocked = true;
      return () => {
        isLocked = false;
      };
    },
  };
}

/** Bytes one after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
