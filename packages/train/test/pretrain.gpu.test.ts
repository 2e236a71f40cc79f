// Stage 0 against its loss in float64: symmetric, and images that share captions are no negatives of each other.
import { initialVit, uploadClip } from '@webcir/clip';
import { seededRandom } from '@webcir/data';
import { openDevice } from '@webcir/kernels';
import { ImageEncoder, TextEncoderPrograms } from '@webcir/retrieval';
import { afterAll, expect, it } from 'vitest';
import { type CaptionedImage, pretrain } from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const random = seededRandom(11);
const text = { contextLength: 8, textWidth: 64, textLayers: 1, vocabulary: [...Array(12).keys()] };
const model = initialVit(
  { embedDim: 16, imageResolution: 16, visionWidth: 64, visionLayers: 1, patchSize: 8, ...text },
  random,
);
/** Rows of one value each, so that an image is its own mirror image. */
const stripes = () => {
  const rows = Float32Array.from({ length: 3 * 16 }, () => 2 * random() - 1);
  return Float32Array.from({ length: 3 * 16 * 16 }, (_, i) => rows[Math.floor(i / 16)]);
};
const images: CaptionedImage[] = ['red', 'blue', 'red', 'green'].map((key, i) => ({
  planes: stripes(),
  key,
  caption: () => [0, 1 + i, 5 + i, 11],
}));
const logitScale = 20;

async function expectedLoss(): Promise<number> {
  const clip = await uploadClip(device, model);
  const encoder = await ImageEncoder.create(device, model.config, clip.weights, images.length);
  const { features: shown } = await encoder.encode(images.map(({ planes }, i) => [String(i), planes]));
  const reader = new TextEncoderPrograms(device, model.config, clip.weights);
  const read = await reader.encode(images.map(({ caption }) => caption(random)));
  encoder.dispose();
  await reader.dispose();
  clip.dispose();
  const unit = (values: Float32Array, i: number) => {
    const row = [...values.subarray(16 * i, 16 * (i + 1))];
    return row.map((value) => value / Math.hypot(...row));
  };
  const logit = (i: number, j: number) =>
    logitScale * unit(shown, i).reduce((sum, value, k) => sum + value * unit(read, j)[k], 0);
  const indices = images.map((_, i) => i);
  const loss = (own: number, others: number[]) => Math.log(others.reduce((sum, x) => sum + Math.exp(x), 0)) - own;
  const losses = indices.flatMap((i) => {
    const compared = indices.filter((j) => i === j || images[i].key !== images[j].key);
    const own = logit(i, i);
    return [
      loss(
        own,
        compared.map((j) => logit(i, j)),
      ),
      loss(
        own,
        compared.map((j) => logit(j, i)),
      ),
    ];
  });
  return losses.reduce((sum, value) => sum + value, 0) / losses.length;
}

it('has the loss of both directions, without the negatives that are none', async () => {
  const clip = await uploadClip(device, model, () => true);
  const recipe = { epochs: 1, learningRate: 0, weightDecay: 0, schedule: 'constant', warmup: 0 } as const;
  const losses: number[] = [];
  await pretrain({
    device,
    model,
    clip,
    images,
    recipe,
    batch: 4,
    seed: 1,
    logitScale,
    onStep: ({ loss }) => losses.push(loss),
  });
  clip.dispose();
  expect(losses).toHaveLength(1);
  expect(losses[0] / (await expectedLoss())).toBeCloseTo(1, 5);
});
