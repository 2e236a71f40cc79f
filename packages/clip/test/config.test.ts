import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CLIP_IMAGE, type ClipConfig, inferConfig } from '../src/config.ts';
import { weightShapes } from '../src/model/shapes.ts';

const file = readFileSync(new URL('fixtures/state-shapes.json.gz', import.meta.url));
const models = JSON.parse(gunzipSync(file).toString()) as Record<string, Record<string, number[]>>;
const shapesOf = (model: string) => new Map(Object.entries(models[model]));

const vit = (layers: number, width: number, patchSize: number) =>
  ({ kind: 'vit', layers, width, heads: width / 64, patchSize, mlpWidth: 4 * width }) as const;
const resnet = (layers: [number, number, number, number], width: number) =>
  ({ kind: 'resnet', layers, width, heads: width / 2 }) as const;

/** What all of OpenAI's models have in common. */
const openAi = {
  family: 'clip',
  contextLength: 77,
  activation: 'quickgelu',
  layerNormEpsilon: 1e-5,
  image: CLIP_IMAGE,
} as const;

/** The published sizes: feature width, resolution, image encoder, text width and layers. */
const published: [string, number, number, ClipConfig['vision'], number, number][] = [
  ['RN50', 1024, 224, resnet([3, 4, 6, 3], 64), 512, 12],
  ['RN101', 512, 224, resnet([3, 4, 23, 3], 64), 512, 12],
  ['RN50x4', 640, 288, resnet([4, 6, 10, 6], 80), 640, 12],
  ['RN50x16', 768, 384, resnet([6, 8, 18, 8], 96), 768, 12],
  ['ViT-B-32', 512, 224, vit(12, 768, 32), 512, 12],
  ['ViT-B-16', 512, 224, vit(12, 768, 16), 512, 12],
  ['ViT-L-14', 768, 224, vit(24, 1024, 14), 768, 12],
  ['ViT-L-14-336', 768, 336, vit(24, 1024, 14), 768, 12],
  ['clip-vit', 96, 64, vit(2, 128, 16), 128, 2],
  ['clip-rn', 96, 64, resnet([2, 1, 2, 1], 8), 64, 2],
];

describe('weightShapes', () => {
  test.each(published.map(([model]) => model))('are those of the state dict of %s', (model) => {
    const counted = ([name]: [string, number[]]) => !name.endsWith('num_batches_tracked');
    const shapes = new Map([...shapesOf(model)].filter(counted));
    const config = inferConfig(shapes, { activation: 'quickgelu' });
    expect(Object.fromEntries(weightShapes(config))).toEqual(Object.fromEntries(shapes));
  });

  // No state dict of it was at hand; the sizes are those of open_clip's RN50x64.json.
  test('lead back to the sizes of RN50x64', () => {
    const config: ClipConfig = {
      ...openAi,
      embedDim: 1024,
      imageResolution: 448,
      vision: resnet([3, 15, 36, 10], 128),
      vocabularySize: 49408,
      textWidth: 1024,
      textHeads: 16,
      textLayers: 12,
      textMlpWidth: 4096,
    };
    expect(inferConfig(weightShapes(config), { activation: 'quickgelu' })).toEqual(config);
  });
});

describe('inferConfig', () => {
  test.each(published)('%s', (model, embedDim, imageResolution, vision, textWidth, textLayers) => {
    expect(inferConfig(shapesOf(model), { activation: 'quickgelu' })).toEqual({
      ...openAi,
      embedDim,
      imageResolution,
      vision,
      vocabularySize: model.startsWith('clip-') ? 512 : 49408,
      textWidth,
      textHeads: textWidth / 64,
      textLayers,
      textMlpWidth: 4 * textWidth,
    });
  });

  test.each<[string, string, number[] | undefined, string]>([
    ['clip-vit', 'text_projection', undefined, 'expected a tensor text_projection'],
    ['clip-vit', 'visual.proj', undefined, 'expected a tensor visual.layer1.0.conv1.weight'],
    ['clip-vit', 'visual.conv1.weight', [128, 768], 'visual.conv1.weight: expected 4 axes, found the shape [128, 768]'],
    ['clip-vit', 'visual.conv1.weight', [100, 3, 16, 16], 'visual.conv1.weight: expected a width in whole heads of 64'],
    ['clip-vit', 'visual.positional_embedding', [18, 128], 'visual.positional_embedding: expected a square number'],
    ['clip-vit', 'ln_final.weight', [96], 'ln_final.weight: expected a width in whole heads of 64, found 96'],
    ['clip-rn', 'visual.attnpool.positional_embedding', [6, 256], 'visual.attnpool.positional_embedding: expected'],
  ])('of %s with %s as %s says what is wrong', (model, name, shape, message) => {
    const shapes = shapesOf(model);
    if (shape) shapes.set(name, shape);
    else shapes.delete(name);
    expect(() => inferConfig(shapes, { activation: 'quickgelu' })).toThrow(message);
  });

  test('without a text encoder says what is wrong', () => {
    const shapes = shapesOf('clip-rn');
    for (const name of shapes.keys()) if (name.startsWith('transformer.')) shapes.delete(name);
    expect(() => inferConfig(shapes, { activation: 'quickgelu' })).toThrow(
      'expected tensors transformer.resblocks.N.*, found none',
    );
  });
});
