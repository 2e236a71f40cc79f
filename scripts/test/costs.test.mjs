import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import * as costs from '../lib/costs.mjs';

const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const models = costs.readShapes();

// docs/model_profile.csv of mlfoundations/open_clip (commit 3b37473b), which PyTorch's and fvcore's counters made:
// million parameters of image and text, GFLOP of an image and of a caption.
const profile = {
  RN50: [38.32, 63.69, 12.22, 5.96],
  RN101: [56.26, 63.43, 19.54, 5.96],
  RN50x4: [87.14, 91.16, 42.56, 9.27],
  RN50x16: [167.33, 123.65, 149.39, 13.3],
  'ViT-B-32': [87.85, 63.43, 8.82, 5.96],
  'ViT-B-16': [86.19, 63.43, 35.13, 5.96],
  'ViT-L-14': [303.97, 123.65, 162.03, 13.3],
  'ViT-L-14-336': [304.29, 123.65, 381.92, 13.3],
};

it.each(Object.entries(profile))('%s costs what the profiler of open_clip counts', (name, expected) => {
  const shapes = models[name];
  const found = [
    costs.parameters(shapes, costs.isVisual) / 1e6,
    costs.parameters(shapes, (tensor) => !costs.isVisual(tensor)) / 1e6,
    (costs.imageFlops(shapes) + alsoRunByOpenClip(shapes)) / 1e9,
    (costs.textFlops(shapes, 77) + 76 * 18 * shapes.text_projection[0] ** 2) / 1e9,
  ];
  for (const [index, value] of found.entries()) expect(Math.abs(value - expected[index])).toBeLessThan(0.011);
});

/** open_clip finishes the last attention for all tokens, of which one is read. */
function alsoRunByOpenClip(shapes) {
  const pool = shapes['visual.attnpool.positional_embedding'];
  if (!pool) {
    const [tokens, width] = shapes['visual.positional_embedding'];
    return (tokens - 1) * 18 * width ** 2;
  }
  const [tokens, width] = pool;
  const [embed] = shapes['visual.attnpool.c_proj.weight'];
  return (tokens - 1) * (2 * width ** 2 + 4 * tokens * width + 2 * width * embed);
}

it('the Combiner of RN50x4 has the parameters of CLIP4Cir', () => {
  const sizes = { features: 640, projection: 2560, hidden: 5120 };
  expect(costs.combinerParameters(sizes)).toBe(59_003_521);
  expect(costs.combinerFlops(sizes)).toBe(2 * (59_003_521 - 2 * 2560 - 2 * 5120 - 640 - 1));
});

it('docs/reproduce.md holds what scripts/costs.mjs prints', () => {
  const printed = execFileSync(process.execPath, [file('scripts/costs.mjs')], { encoding: 'utf8' });
  expect(readFileSync(file('docs/reproduce.md'), 'utf8')).toContain(printed);
});
