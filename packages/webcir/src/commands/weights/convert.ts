import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  type Activation,
  readClipModel,
  storeClipModel,
  storedTensor,
  storeTensors,
  torchZipPieces,
  VOCABULARY_KEY,
  type WeightTensor,
} from '@webcir/clip';
import { configurationBeside, openWeights, writeFileAtomic, writeSafetensorsFile } from '@webcir/clip/node';
import { isCombiner, readCombinerModel } from '@webcir/retrieval';
import { formatBytes } from '../../progress.ts';

export interface ConvertOptions {
  readonly activation?: Activation;
  readonly dtype: 'F32' | 'F16';
}

/**
 * `webcir weights convert`: a CLIP or a Combiner from any container and naming, as safetensors or as the `.pt` that
 * CLIP4Cir's scripts read, with OpenAI's and CLIP4Cir's names.
 */
export async function convertCommand(from: string, to: string, { activation, dtype }: ConvertOptions): Promise<void> {
  const kind = extname(to);
  if (kind !== '.safetensors' && kind !== '.pt') {
    throw new Error(`${to}: expected a name that ends in .safetensors or .pt, which says what to write.`);
  }
  const file = await openWeights(from);
  const className = isCombiner(file) ? 'Combiner' : 'CLIP';
  const { tensors, metadata } = isCombiner(file)
    ? { tensors: storeTensors(readCombinerModel(file).tensors, dtype), metadata: new Map<string, string>() }
    : storeClipModel(readClipModel(file, await configurationBeside(from, file, activation)), dtype);
  if (kind === '.pt' && metadata.has(VOCABULARY_KEY)) {
    throw new Error(`${from}: this CLIP keeps only the tokens that it was trained on, which a .pt file cannot say.`);
  }
  if (kind === '.safetensors') await writeSafetensorsFile(to, { tensors, metadata });
  else {
    const epoch = Number(file.metadata.get('epoch') ?? 0);
    await writeFileAtomic(to, torchZipPieces(withBatchCounters(tensors), { epoch, className }));
  }
  console.log(`${className}, ${tensors.size} tensors in ${dtype}: ${to}, ${formatBytes((await stat(to)).size)}`);
}

/** PyTorch's BatchNorm counts its batches, and its `load_state_dict` wants the counter. */
function withBatchCounters(tensors: ReadonlyMap<string, WeightTensor>): Map<string, WeightTensor> {
  const counted = new Map(tensors);
  for (const name of tensors.keys()) {
    const norm = /^(.*)\.running_var$/.exec(name)?.[1];
    if (norm) counted.set(`${norm}.num_batches_tracked`, storedTensor('I64', [], new Uint8Array(8)));
  }
  return counted;
}
