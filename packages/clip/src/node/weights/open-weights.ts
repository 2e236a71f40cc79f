import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { containerOf, START_BYTES } from '../../weights/recognize.ts';
import { openSafetensors } from '../../weights/safetensors.ts';
import { openTorch } from '../../weights/torch/open-torch.ts';
import type { WeightFile } from '../../weights/weight-file.ts';
import { fileSource } from './file-source.ts';
import { openShards } from './shards.ts';

/** Names of weight files in a folder from Hugging Face's hub; the first that exists is taken. */
const FOLDER_FILES = [
  'model.safetensors',
  'model.safetensors.index.json',
  'open_clip_model.safetensors',
  'pytorch_model.bin',
  'open_clip_pytorch_model.bin',
];

/** The weight file that a path names: the file itself, or the one in a folder. @throws when the folder has none */
export function weightPath(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const name = FOLDER_FILES.find((candidate) => existsSync(join(path, candidate)));
  if (name) return join(path, name);
  throw new Error(
    `${path}: expected one of ${FOLDER_FILES.join(', ')} in this folder, found none; name the file itself.`,
  );
}

/**
 * Opens weights in any container: safetensors (whole, or by its index when it is in shards), PyTorch's `.pt`, `.pth`
 * and `.bin` of any version, TorchScript archives, whatever the file is called. Only headers are read; nothing in a file is ever executed.
 * @param path a file, or a folder with files named as on Hugging Face's hub
 * @throws Error naming the file, when it is missing, damaged, or of another format
 */
export async function openWeights(path: string): Promise<WeightFile> {
  const file = weightPath(path);
  const source = await fileSource(file);
  if (file.endsWith('.index.json')) return openShards(source);
  // The name decides only what is expected of a file that is neither.
  const named = file.endsWith('.safetensors') ? 'safetensors' : 'torch';
  const container = containerOf(await source.read(0, Math.min(START_BYTES, source.size))) ?? named;
  return container === 'safetensors' ? openSafetensors(source) : openTorch(source);
}
