// The image encoder runs in ONNX Runtime Web. Its feature stays on the GPU, where the search goes on with it.
import { imagePlanes, preprocessOptions, type RawImage } from '@webcir/clip';
import tokenizer from '@webcir/clip/assets/clip-vocabulary.txt.gz?url';
import weights from '@webcir/embedded/data/fmnist-clip.safetensors?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import * as ort from 'onnxruntime-web/webgpu'; // the other bundles take no device of ours
import { openSafetensors, Retriever, readClipModel, requiredFeatures, requiredLimits, storedSource } from 'webcir';
import { catalogue, drawn } from '../catalogue.ts';
import { find, onSearch, showFound } from '../page.ts';
import { firstCombiner } from './models/combiner.ts';
import { onnxEncoder } from './models/encoder.ts';

// One device for both: ours is given to ONNX Runtime. (It ignores `ort.env.webgpu.device`.)
const adapter = (await navigator.gpu.requestAdapter())!;
const asked = { requiredFeatures: requiredFeatures(adapter), requiredLimits: requiredLimits(adapter) };
const device = await adapter.requestDevice(asked);
const clip = readClipModel(await openSafetensors(await storedSource(weights)));
ort.env.wasm.wasmPaths = { wasm };
ort.env.wasm.numThreads = 1;
// In your page: InferenceSession.create('/your-encoder.onnx', …), and combiner: '/combiner.safetensors'.
const encoder = await ort.InferenceSession.create(await onnxEncoder(clip), {
  executionProviders: [{ name: 'webgpu', device }],
  preferredOutputLocation: 'gpu-buffer',
});
const combiner = firstCombiner(clip.config.embedDim);
const retriever = await Retriever.load({ clip, combiner, tokenizer, device });
const photos = await catalogue(60);
const gallery = await retriever.index(photos);

/** Encodes an image with ONNX Runtime. The tensor is disposed of by whoever asked for it. */
async function featureOf(image: RawImage): Promise<ort.Tensor> {
  const planes = imagePlanes(image, preprocessOptions(retriever.config, retriever.preprocessing));
  const size = retriever.config.imageResolution;
  const { feature } = await encoder.run({ pixels: new ort.Tensor('float32', planes, [1, 3, size, size]) });
  return feature;
}

const reference = find<HTMLCanvasElement>('#reference').getContext('2d')!;
let image = photos.get(gallery.ids[0])!;
await onSearch(async function search(text) {
  reference.drawImage(drawn(image), 0, 0);
  const feature = await featureOf(image);
  const query = { image: { feature: feature.gpuBuffer as GPUBuffer }, text, k: 12 };
  showFound(await retriever.search(gallery, query), photos, (id) => {
    image = photos.get(id)!;
    void search(text);
  });
  feature.dispose();
});
