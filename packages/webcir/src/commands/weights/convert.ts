import { stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import {
  type Activation,
  CLIP_IMAGE,
  type ClipModel,
  expectTrainable,
  lightClip,
  named,
  readClipModel,
  storeClipModel,
  storedTensor,
  torchZipPieces,
  type WeightTensor,
  weightsKind,
  withWholeVocabulary,
} from '@webcir/clip';
import {
  configurationBeside,
  copyTokenizer,
  expectWritable,
  loadTokenizer,
  openWeights,
  writeFileAtomic,
  writeSafetensorsFile,
} from '@webcir/clip/node';
import { storeCombinerModel } from '@webcir/retrieval';
import { openCombinerModel } from '@webcir/retrieval/node';
import { formatBytes } from '../../progress.ts';
import { familyNames } from './inspect.ts';
import { lightNotes } from './light.ts';

export interface ConvertOptions {
  readonly activation?: Activation;
  readonly dtype: 'F32' | 'F16';
  readonly storage: 'float' | 'int8';
}

/**
 * `webcir weights convert`: a CLIP or a Combiner from any container and naming, as safetensors or as the `.pt` that
 * CLIP4Cir's scripts read, with OpenAI's and CLIP4Cir's names.
 */
export async function convertCommand(from: string, to: string, options: ConvertOptions): Promise<void> {
  const { activation, dtype, storage } = options;
  const kind = extname(to);
  if (kind !== '.safetensors' && kind !== '.pt') {
    throw new Error(`${to}: expected a name that ends in .safetensors or .pt, which says what to write.`);
  }
  if (kind === '.pt' && storage === 'int8') {
    throw new Error(`${to}: nobody else reads webcir's int8: name a file that ends in .safetensors.`);
  }
  await expectWritable(to);
  const file = await openWeights(from);
  let className: string = weightsKind(file) ?? 'CLIP';
  let content: ReturnType<typeof storeClipModel>;
  const notes: string[] = [];
  if (className === 'Combiner') {
    if (storage === 'int8') throw new Error(`${from}: is a Combiner, and small: only a CLIP is stored in int8.`);
    content = storeCombinerModel(await openCombinerModel(from), dtype);
  } else {
    const configuration = await configurationBeside(from, file, activation);
    const model = named(from, () => readClipModel(file, configuration));
    className = familyNames[model.config.family];
    if (kind === '.pt' && className === 'SigLIP') {
      throw new Error(`${to}: CLIP4Cir's scripts know no SigLIP: name a file that ends in .safetensors.`);
    }
    named(from, () => expectTrainable(model));
    const { vocabularySize } = await loadTokenizer();
    const written = kind === '.pt' ? named(from, () => forCLIP4Cir(model, vocabularySize)) : model;
    if (storage === 'int8') {
      const light = await named(from, () => lightClip(written));
      content = storeClipModel(light.model, dtype);
      notes.push(...lightNotes(storeClipModel(model, 'F32').tensors, content.tensors, light.worst));
    } else content = storeClipModel(written, dtype);
    if (kind === '.pt' && model.vocabulary) {
      notes.push(
        `It knows ${model.vocabulary.length} of CLIP's ${vocabularySize} tokens: in ${to} the rows of the others are ` +
          'zero, and a text should be of words that it was trained on.',
      );
    }
    await copyTokenizer(from, dirname(to), model);
  }
  const { tensors } = content;
  if (kind === '.safetensors') await writeSafetensorsFile(to, content);
  else {
    const epoch = Number(file.metadata.get('epoch') ?? 0);
    await writeFileAtomic(to, torchZipPieces(withBatchCounters(tensors), { epoch, className }));
  }
  const stored = storage === 'int8' ? `int8 and ${dtype}` : dtype;
  console.log(`${className}, ${tensors.size} tensors in ${stored}: ${to}, ${formatBytes((await stat(to)).size)}`);
  for (const note of notes) console.log(note);
}

/** The model as the class of openai/CLIP can hold it. @throws for settings that this class does not have */
function forCLIP4Cir(model: ClipModel, vocabularySize: number): ClipModel {
  const { activation, vision, textHeads, textWidth, layerNormEpsilon, image } = model.config;
  const isOpenAi =
    activation === 'quickgelu' &&
    (vision.kind === 'resnet' || (!vision.activation && vision.heads * 64 === vision.width)) &&
    textHeads * 64 === textWidth &&
    layerNormEpsilon === 1e-5 &&
    JSON.stringify(image) === JSON.stringify(CLIP_IMAGE);
  if (isOpenAi) return withWholeVocabulary(model, vocabularySize);
  throw new Error(
    `its activation is ${activation}, it has ${vision.heads} and ${textHeads} heads, an epsilon of ${layerNormEpsilon}, ` +
      `and images of mean ${image.mean.join(' ')} (${image.resize}). A .pt file is read as OpenAI's CLIP, with ` +
      "quickgelu, heads of 64 channels, 1e-5 and OpenAI's images: its features would be wrong. Convert to " +
      '.safetensors, which says all this.',
  );
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
