import { type ClipModel, readClipModel } from '@webcir/clip';
import { readSafetensorsFile } from '@webcir/clip/node';
import { fileURLToPath } from 'node:url';

/** The small CLIP that ships with webcir, pre-trained on the embedded pictures (`pnpm pretrain`). */
export const embeddedClipPath = (assets: URL): string => fileURLToPath(new URL('fmnist-clip.safetensors', assets));

/** Reads a CLIP from a safetensors file. @throws naming the file */
export async function loadClip(path: string): Promise<ClipModel> {
  const file = await readSafetensorsFile(path);
  try {
    return readClipModel(file);
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}
