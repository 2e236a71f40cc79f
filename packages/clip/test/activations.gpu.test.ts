// Outputs of the layers inside both kinds of CLIP, and CLIP's own logits, against the original PyTorch code.
import { compile, input, l2Normalize, matmul, openDevice, scale, type Tensor } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeImage, encodeText, packTokens, readClipModel, uploadClip } from '../src/index.ts';
import { type Layers, layersOf } from './layers.ts';
import { clipFixture, floats, nhwc, relativeDifference, tokenRows } from './reference.ts';

const device = await openDevice();
afterAll(() => device.close());

/** The outputs of the fixture's layers, found behind their own weights or before the next layer's. */
const textLayers = ({ inputOf, outputOf }: Layers): Record<string, Tensor> => ({
  'transformer.resblocks.0': inputOf('transformer.resblocks.1.ln_1.weight'),
  ln_final: outputOf('ln_final.weight'),
});
const imageLayers: Record<string, (layers: Layers, features: Tensor) => Record<string, Tensor>> = {
  vit: ({ inputOf, outputOf }) => ({
    'visual.conv1': outputOf('visual.conv1.weight'),
    'visual.ln_pre': outputOf('visual.ln_pre.weight'),
    'visual.transformer.resblocks.0': inputOf('visual.transformer.resblocks.1.ln_1.weight'),
    'visual.ln_post': outputOf('visual.ln_post.weight'),
  }),
  resnet: ({ inputOf }, features) => {
    const meanAndPixels = inputOf('visual.attnpool.positional_embedding').node.source;
    if (meanAndPixels.kind !== 'op') throw new TypeError('expected the attention pooling to begin with an op');
    return {
      'visual.avgpool': inputOf('visual.layer1.0.conv1.weight'),
      'visual.layer1': inputOf('visual.layer2.0.conv1.weight'),
      'visual.layer2': inputOf('visual.layer3.0.conv1.weight'),
      'visual.layer3': inputOf('visual.layer4.0.conv1.weight'),
      'visual.layer4': meanAndPixels.inputs[1],
      'visual.attnpool': features,
    };
  },
};

/** PyTorch's order, [n, c, h, w], of values whose channels come last, [n, h, w, c]. */
function channelsFirst(values: Float32Array, [, c, h, w]: readonly number[]): Float32Array {
  const pixels = h * w;
  return values.map((_, i) => {
    const image = Math.floor(i / (c * pixels));
    const channel = Math.floor(i / pixels) % c;
    return values[(image * pixels + (i % pixels)) * c + channel];
  });
}

/** Rows of a [n, width] tensor. */
const pick = (values: Float32Array, width: number, rows: Uint32Array): Float32Array =>
  Float32Array.from([...rows].flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]));

for (const name of ['clip-vit', 'clip-rn']) {
  describe(name, async () => {
    const model = readClipModel(await clipFixture(name), { activation: 'quickgelu' });
    const io = await clipFixture(`${name}.io`);
    const { config } = model;
    const { weights } = await uploadClip(device, model);
    const size = config.imageResolution;
    const length = config.contextLength;
    const image = encodeImage(input('pixels', [4, size, size, 3]), weights, config);
    const text = encodeText(input('tokens', [4, length], 'u32'), input('eotPositions', [4], 'u32'), weights, config);
    const { tokens, eotPositions } = packTokens(tokenRows(io), length);
    const feeds = { pixels: nhwc(floats(io, 'reference_images'), size), tokens, eotPositions };

    it('has the activations of every layer that the reference kept', async () => {
      const outputs = { ...imageLayers[config.vision.kind](layersOf(image), image), ...textLayers(layersOf(text)) };
      const kept = [...io.tensors.keys()].filter((key) => key.startsWith('act.'));
      expect(Object.keys(outputs).map((layer) => `act.${layer}`)).toEqual(kept);
      const program = await compile(device, { outputs });
      const found = await program.runAndRead(feeds, Object.keys(outputs));
      for (const [layer, values] of Object.entries(found)) {
        const { shape } = io.tensors.get(`act.${layer}`)!;
        const whole = floats(io, `act.${layer}`);
        // Everything after the last attention is computed for the end-of-text tokens only.
        const expected = layer === 'ln_final' ? pick(whole, config.textWidth, eotPositions) : whole;
        expect(values.length, layer).toBe(expected.length);
        const inOrder = shape.length === 4 ? channelsFirst(values, shape) : values;
        expect(relativeDifference(inOrder, expected), layer).toBeLessThan(1e-4);
      }
    });

    it('has the logits of CLIP itself', async () => {
      const [logScale] = await model.tensors.get('logit_scale')!.read();
      const cosines = matmul(l2Normalize(image), l2Normalize(text), { transposeB: true });
      const program = await compile(device, { outputs: { logits: scale(cosines, Math.exp(logScale)) } });
      const { logits } = await program.runAndRead(feeds, ['logits']);
      expect(relativeDifference(logits, floats(io, 'logits_per_image'))).toBeLessThan(1e-4);
    });
  });
}
