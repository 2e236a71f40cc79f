import { stat } from 'node:fs/promises';
import {
  ACTIVATIONS,
  type Activation,
  type ClipConfig,
  type Configuration,
  DTYPE_BYTES,
  elementsOf,
  type ImageInput,
  isVisual,
  MODEL_PARTS,
  named,
  readClipModel,
  statedActivation,
  toOpenAiNames,
  type WeightFile,
  weightsKind,
} from '@webcir/clip';
import { configurationBeside, openWeights, weightPath } from '@webcir/clip/node';
import { readCombinerModel } from '@webcir/retrieval';
import { formatBytes } from '../../progress.ts';
import { bytesByPart } from './light.ts';

export interface InspectOptions {
  readonly activation?: Activation;
  readonly tensors?: boolean;
}

export const familyNames = { clip: 'CLIP', siglip: 'SigLIP' } as const;

type Fact = [label: string, value: string];

/** `webcir weights inspect`: what a file holds, told from its headers. */
export async function inspectCommand(path: string, { activation, tensors }: InspectOptions): Promise<void> {
  const file = await openWeights(path);
  const { size } = await stat(weightPath(path));
  const isCombiner = weightsKind(file) === 'Combiner';
  const configuration = isCombiner ? {} : await configurationBeside(path, file, activation);
  const facts: Fact[] = [
    ['Container', `${file.format}, ${formatBytes(size)}`],
    ...[...file.metadata].map(([key, value]): Fact => [key, value.length > 60 ? `${value.slice(0, 57)}...` : value]),
    ['Data', dtypes(file)],
    ...named(path, () => (isCombiner ? combinerFacts(file) : clipFacts(file, configuration))),
  ];
  const width = Math.max(...facts.map(([label]) => label.length));
  for (const [label, value] of facts) console.log(`${label.padEnd(width)}  ${value}`);
  if (tensors) listTensors(file);
}

function dtypes({ tensors }: WeightFile): string {
  const bytes = new Map<string, number>();
  for (const { dtype, shape } of tensors.values()) {
    bytes.set(dtype, (bytes.get(dtype) ?? 0) + elementsOf(shape) * DTYPE_BYTES[dtype]);
  }
  return `${tensors.size} tensors, ${[...bytes].map(([dtype, size]) => `${dtype} ${formatBytes(size)}`).join(', ')}`;
}

function clipFacts(file: WeightFile, configuration: Configuration): Fact[] {
  const activation = statedActivation(file, configuration);
  const { config, tensors } = readClipModel(file, { ...configuration, activation: activation ?? 'quickgelu' });
  const { embedDim, contextLength, vocabularySize, textWidth, textHeads, textLayers } = config;
  const count = (wanted: (name: string) => boolean) =>
    [...tensors].reduce((sum, [name, { shape }]) => sum + (wanted(name) ? elementsOf(shape) : 0), 0);
  const isLight = [...tensors.values()].some(({ readInt8 }) => readInt8);
  const millions = (parameters: number) => `${(parameters / 1e6).toFixed(2)} M`;
  const [image, text] = [count(isVisual), count((name) => !isVisual(name))];
  return [
    ['Model', `${familyNames[config.family]}, ${toOpenAiNames(file.tensors).naming}'s names, ${embedDim} features`],
    ['Image encoder', imageEncoder(config)],
    [
      'Text encoder',
      `${textLayers} layers, width ${textWidth}, ${textHeads} heads, ` +
        `${contextLength} positions, ${vocabularySize} tokens`,
    ],
    ...(isLight ? [['Storage', storageFact(file)] as Fact] : []),
    ['Parameters', `${millions(image + text)}: image ${millions(image)}, text ${millions(text)}`],
    ['Activation', activationFact(config, activation)],
    ['Layer norm', `epsilon ${config.layerNormEpsilon}`],
    ['Images', imageFact(config.image)],
  ];
}

function storageFact({ tensors }: WeightFile): string {
  const bytes = bytesByPart(tensors);
  return `int8, for searching: ${MODEL_PARTS.map((part) => `${part} ${formatBytes(bytes[part])}`).join(', ')}`;
}

const imageEncoder = ({ vision, imageResolution }: ClipConfig): string =>
  vision.kind === 'vit'
    ? `ViT, ${vision.layers} layers, width ${vision.width}, ${vision.heads} heads, ` +
      `patches of ${vision.patchSize}, ${imageResolution} px`
    : `ModifiedResNet, ${vision.layers.join('-')} blocks, width ${vision.width}, ${imageResolution} px`;

function activationFact({ vision }: ClipConfig, activation: Activation | undefined): string {
  if (activation === undefined) return `not said by the file: ${ACTIVATIONS.join(', ')}? (--activation)`;
  const own = vision.kind === 'vit' ? vision.activation : undefined;
  return own === undefined ? activation : `${activation}, of the image encoder ${own}`;
}

const imageFact = ({ resize, interpolation, mean, std }: ImageInput): string =>
  `${resize === 'squash' ? 'both sides resized' : 'shortest side resized, middle cropped'}, ${interpolation}, ` +
  `mean ${mean.join(' ')}, deviation ${std.join(' ')}`;

function combinerFacts(file: WeightFile): Fact[] {
  const { featureDim, projectionDim, hiddenDim } = readCombinerModel(file).config;
  return [
    ['Model', `Combiner of ${featureDim} features`],
    ['Widths', `projections ${projectionDim}, hidden layers ${hiddenDim}`],
  ];
}

function listTensors({ tensors }: WeightFile): void {
  const width = Math.max(...[...tensors.keys()].map((name) => name.length));
  console.log();
  for (const [name, { dtype, shape }] of tensors) {
    console.log(`${name.padEnd(width)}  ${dtype.padEnd(4)}  [${shape.join(', ')}]`);
  }
}
