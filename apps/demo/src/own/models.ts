import {
  blobSource,
  type ClipModel,
  CONFIGURATION_FILES,
  type ConfigurationFiles,
  openSafetensors,
  readClipModel,
  readConfiguration,
} from '@webcir/clip';
import { type DownloadProgress, storedSource } from 'webcir';
import { expectOk } from '../fetched.ts';

/**
 * The address of a CLIP's weights.
 * @param said a Hugging Face repository ('owner/name'), or the address of a safetensors file
 * @throws Error saying what is expected
 */
export function weightsAddress(said: string): string {
  const trimmed = said.trim();
  if (/^\w[\w.-]*\/\w[\w.-]*$/.test(trimmed)) return `https://huggingface.co/${trimmed}/resolve/main/model.safetensors`;
  if (/^https?:\/\/\S+\.safetensors(\?\S*)?$/.test(trimmed)) return trimmed;
  throw new Error(
    `Expected a Hugging Face repository (owner/name) or the address of a .safetensors file, found “${trimmed}”.`,
  );
}

/**
 * Opens a CLIP from its address. It is downloaded once, and then stays in this browser; what its configuration says is
 * taken from the files beside it.
 * @throws Error naming the address that does not answer, or what the model has that cannot be honoured
 */
export async function openClipAt(
  address: string,
  onProgress: (progress: DownloadProgress) => void,
  signal: AbortSignal,
): Promise<ClipModel> {
  const file = await openSafetensors(await storedSource(address, { onProgress, signal }));
  const beside = await Promise.all(
    CONFIGURATION_FILES.map(async (name) => [name, await jsonAt(new URL(name, address), signal)] as const),
  );
  const files: ConfigurationFiles = Object.fromEntries(beside.filter(([, json]) => json !== undefined));
  return readClipModel(file, readConfiguration(files, file));
}

/** Opens a CLIP from a file of the visitor's: one that says all that must be known (`webcir weights convert`). */
export async function openClipFile(file: File): Promise<ClipModel> {
  return readClipModel(await openSafetensors(blobSource(file, file.name)));
}

/** The JSON at an address; undefined where there is none. */
async function jsonAt(address: URL, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(address, { signal });
  if (response.status === 404) return undefined;
  return expectOk(response, address).json();
}
