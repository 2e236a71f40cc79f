// The ONNX file of the example is the small CLIP's image encoder: the same feature from the same pixels.
import { imagePlanes, preprocessOptions, type RawImage } from '@webcir/clip';
import { openClipModel } from '@webcir/clip/node';
import * as embedded from '@webcir/embedded';
import * as ort from 'onnxruntime-web';
import { expect, it } from 'vitest';
import { Retriever } from 'webcir/node';
import { onnxEncoder } from '../src/onnx/models/encoder.ts';

it("gives our own encoder's feature", async () => {
  const clip = await openClipModel(embedded.clip.pathname);
  const noise = (seed: number): RawImage => ({
    width: 28,
    height: 28,
    channels: 3,
    data: Uint8Array.from({ length: 3 * 28 * 28 }, (_, i) => (i * i * seed) % 251),
  });
  const images = new Map([3, 7, 11].map((seed) => [String(seed), noise(seed)]));
  const retriever = await Retriever.load({ clip, autotune: false });
  const gallery = await retriever.index(images);
  const session = await ort.InferenceSession.create(await onnxEncoder(clip));
  for (const [id, image] of images) {
    const planes = imagePlanes(image, preprocessOptions(retriever.config, retriever.preprocessing));
    const { feature } = await session.run({ pixels: new ort.Tensor('float32', planes, [1, 3, 32, 32]) });
    const expected = gallery.featureOf(id);
    const off = expected.map((value, i) => value - (feature.data as Float32Array)[i]);
    expect(Math.hypot(...off) / Math.hypot(...expected)).toBeLessThan(1e-4);
  }
  await session.release();
  await gallery.dispose();
  await retriever.dispose();
});
