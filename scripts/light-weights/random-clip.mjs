// A ViT-B/32 of random weights, as a file.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { hostTensor, inferConfig, storeClipModel } from '../../packages/clip/dist/index.js';
import { writeSafetensorsFile } from '../../packages/clip/dist/node.js';
import { seededRandom } from '../../packages/data/dist/index.js';

const shapesFile = new URL('../../packages/clip/test/fixtures/state-shapes.json.gz', import.meta.url);

const normal = (uniform) => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

/**
 * Random numbers of mean 0 and deviation 1. Rows of trained matrices have values that stand far out, which take the
 * others' steps away: heavy-tailed, one in a hundred is of four times the deviation, so that rows reach out to ten.
 */
export const DISTRIBUTIONS = {
  normal,
  'heavy-tailed': (uniform) => (normal(uniform) * (uniform() < 0.01 ? 4 : 1)) / Math.sqrt(0.99 + 0.01 * 16),
};

/** Mean and deviation that keep activations at the size of 1 from layer to layer. */
function momentsOf(name, shape) {
  if (name === 'logit_scale') return [Math.log(100), 0];
  if (/embedding/.test(name)) return [0, 0.5];
  if (/bias$/.test(name)) return [0, 0.1];
  if (shape.length === 1) return [1, 0.1]; // norms
  const inputs = /proj$|projection$/.test(name) ? shape[0] : shape.slice(1).reduce((a, b) => a * b);
  return [0, Math.sqrt(1 / inputs)];
}

/** @param distribution a name of `DISTRIBUTIONS`, for the matrices */
export async function writeRandomClip(file, distribution) {
  const shapes = new Map(Object.entries(JSON.parse(gunzipSync(readFileSync(shapesFile)))['ViT-B-32']));
  const tensors = new Map();
  const uniform = seededRandom(1);
  for (const [name, shape] of shapes) {
    const draw = shape.length > 1 ? DISTRIBUTIONS[distribution] : normal;
    const [mean, deviation] = momentsOf(name, shape);
    const count = shape.reduce((a, b) => a * b, 1);
    tensors.set(
      name,
      hostTensor(
        shape,
        Float32Array.from({ length: count }, () => mean + deviation * draw(uniform)),
      ),
    );
  }
  const config = inferConfig(shapes, { activation: 'quickgelu' });
  await writeSafetensorsFile(file, storeClipModel({ config, tensors }, 'F32'));
}
