/** A published model that webcir is made for. */
export interface PublishedModel {
  /** The name for `webcir weights pull` and `--clip-model-name`: OpenAI's, or a Hugging Face repository. */
  readonly name: string;
  readonly encoder: string;
  /** Side of the input image in pixels. */
  readonly resolution: number;
  /** Width of the features. */
  readonly features: number;
  /** Parameters of both encoders, in millions. */
  readonly parameters: number;
  /** Megabytes to download. */
  readonly megabytes: number;
  readonly licence: string;
  /** How images become the encoder's input: `clip` is OpenAI's resize, crop, mean and deviation. */
  readonly preprocessing: string;
  readonly goodFor: string;
}

const clip = 'clip';
const openAi = { licence: 'MIT', preprocessing: clip };
const laion = { licence: 'MIT', preprocessing: clip };
const half = 'clip, with mean and deviation 0.5';
const siglip = { licence: 'Apache-2.0', preprocessing: 'squashed to a square, with mean and deviation 0.5' };

const b32 = { encoder: 'ViT-B/32', resolution: 224, features: 512, parameters: 151.3 };
const b16 = { encoder: 'ViT-B/16', resolution: 224, features: 512, parameters: 149.6 };
const l14 = { encoder: 'ViT-L/14', resolution: 224, features: 768, parameters: 427.6 };

/**
 * The catalogue of `webcir models`, in the order in which to think of them; docs/models.md says what of it was run.
 * Sizes of OpenAI's files are those of its TorchScript archives in half precision.
 */
export const publishedModels: readonly PublishedModel[] = [
  {
    name: 'BAAI/BGE-VL-base',
    ...b16,
    megabytes: 299,
    licence: 'MIT',
    preprocessing: clip,
    goodFor: 'composed search without training: its query is the sum; stage 1 and the Combiner tune it further',
  },
  {
    name: 'BAAI/BGE-VL-large',
    ...l14,
    megabytes: 855,
    licence: 'MIT',
    preprocessing: clip,
    goodFor: 'the same, more exact and slower',
  },
  {
    name: 'RN50',
    encoder: 'ResNet-50',
    resolution: 224,
    features: 1024,
    parameters: 102,
    megabytes: 255,
    ...openAi,
    goodFor: "the smaller backbone of CLIP4Cir's papers",
  },
  {
    name: 'RN101',
    encoder: 'ResNet-101',
    resolution: 224,
    features: 512,
    parameters: 119.7,
    megabytes: 291,
    ...openAi,
    goodFor: 'comparisons with papers that use it',
  },
  {
    name: 'RN50x4',
    encoder: 'ResNet-50 x4',
    resolution: 288,
    features: 640,
    parameters: 178.3,
    megabytes: 421,
    ...openAi,
    goodFor: "CLIP4Cir's own backbone: reproducing its numbers",
  },
  {
    name: 'RN50x16',
    encoder: 'ResNet-50 x16',
    resolution: 384,
    features: 768,
    parameters: 291,
    megabytes: 660,
    ...openAi,
    goodFor: 'finer detail than RN50x4, at four times the work',
  },
  {
    name: 'RN50x64',
    encoder: 'ResNet-50 x64',
    resolution: 448,
    features: 1024,
    parameters: 623.3,
    megabytes: 1260,
    ...openAi,
    goodFor: 'the finest detail of the ResNets; slow',
  },
  { name: 'ViT-B/32', ...b32, megabytes: 353, ...openAi, goodFor: 'the fastest of all: large galleries, weak devices' },
  {
    name: 'ViT-B/16',
    ...b16,
    megabytes: 350,
    ...openAi,
    goodFor: 'a good general start, and the base of BGE-VL-base',
  },
  { name: 'ViT-L/14', ...l14, megabytes: 932, ...openAi, goodFor: "comparisons with today's papers" },
  {
    name: 'ViT-L/14@336px',
    ...l14,
    resolution: 336,
    parameters: 427.9,
    megabytes: 933,
    ...openAi,
    goodFor: 'the finest detail of the ViTs of OpenAI',
  },
  {
    name: 'laion/CLIP-ViT-B-32-laion2B-s34B-b79K',
    ...b32,
    megabytes: 605,
    ...laion,
    goodFor: 'general images, better than ViT-B/32 at its speed',
  },
  {
    name: 'laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K',
    ...b32,
    megabytes: 605,
    ...laion,
    goodFor: 'general images: the strongest of the B/32',
  },
  {
    name: 'laion/CLIP-ViT-B-16-laion2B-s34B-b88K',
    ...b16,
    megabytes: 599,
    ...laion,
    goodFor: 'general images; the base of Marqo-FashionCLIP',
  },
  {
    name: 'laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K',
    ...b16,
    megabytes: 599,
    ...laion,
    goodFor: 'general images: the strongest of the B/16',
  },
  {
    name: 'laion/CLIP-ViT-L-14-laion2B-s32B-b82K',
    ...l14,
    megabytes: 1710,
    licence: 'MIT',
    preprocessing: half,
    goodFor: 'general images',
  },
  {
    name: 'laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K',
    ...l14,
    megabytes: 1710,
    ...laion,
    goodFor: 'general images: the strongest of the L/14',
  },
  {
    name: 'laion/CLIP-ViT-H-14-laion2B-s32B-b79K',
    encoder: 'ViT-H/14',
    resolution: 224,
    features: 1024,
    parameters: 986.1,
    megabytes: 3944,
    ...laion,
    goodFor: 'general images, where four gigabytes are no matter',
  },
  {
    name: 'patrickjohncyh/fashion-clip',
    ...b32,
    megabytes: 605,
    licence: 'MIT',
    preprocessing: clip,
    goodFor: 'clothes: product photos on white',
  },
  {
    name: 'Marqo/marqo-fashionCLIP',
    ...b16,
    megabytes: 599,
    licence: 'Apache-2.0',
    preprocessing: clip,
    goodFor: 'clothes: colours, materials and styles, in short and long texts',
  },
  {
    name: 'google/siglip-base-patch16-224',
    encoder: 'SigLIP B/16',
    resolution: 224,
    features: 768,
    parameters: 203.2,
    megabytes: 813,
    ...siglip,
    goodFor: 'general images; short texts, 64 tokens at most',
  },
  {
    name: 'google/siglip2-base-patch16-224',
    encoder: 'SigLIP 2 B/16',
    resolution: 224,
    features: 768,
    parameters: 375.2,
    megabytes: 1501,
    ...siglip,
    goodFor: 'general images, texts in many languages',
  },
];

/** A name as the catalogue writes it, if it has it in upper or lower case; else as it was given. */
export const catalogueName = (text: string): string =>
  publishedModels.find(({ name }) => name.toLowerCase() === text.toLowerCase())?.name ?? text;
