import { type ClipModel, readClipModel } from '@webcir/clip';
import { readSafetensorsFile } from '@webcir/clip/node';

/** The small CLIP that ships in `assets/`, pre-trained on the embedded pictures (`pnpm pretrain`). */
export const embeddedClip = 'fmnist-clip.safetensors';

/** Reads a CLIP from a safetensors file. @throws naming the file */
export async function loadClip(path: string): Promise<ClipModel> {
  const file = await readSafetensorsFile(path);
  try {
    return readClipModel(file);
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}
