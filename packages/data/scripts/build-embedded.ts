// Builds packages/embedded/data from Fashion-MNIST: `pnpm build-embedded FOLDER`, where FOLDER holds Zalando's four .gz
// files (Debian: apt-get install dataset-fashion-mnist, then /usr/share/datasets/fashion-mnist). Takes about two
// minutes and writes the same bytes every time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attributeValues } from '../src/attributes.ts';
import type { Annotations } from '../src/embedded.ts';
import { writeColumns } from '../src/embedded.ts';
import { writeIdx } from '../src/idx.ts';
import { labelImages } from './embedded/label.ts';
import { categories, readSource, SIDE } from './embedded/source.ts';
import { buildTriplets } from './embedded/triplets.ts';
import { gzip } from './gzip.ts';

const folder = process.argv[2];
if (!folder) {
  console.error('Say where the Fashion-MNIST files are: pnpm build-embedded /usr/share/datasets/fashion-mnist');
  process.exit(1);
}

/**
 * Triplets per reference, so that all categories have about the same number: dresses lose most images to "hard to
 * tell".
 */
const perReference = { dress: 1.8, shirt: 1.25, toptee: 1.35 };

const images = labelImages(readSource(folder), 'scripts/embedded');
const blocks: Annotations['blocks'] = [];
for (const split of ['train', 'val', 'test'] as const) {
  for (const category of categories) {
    const mine = images.filter((p) => p.split === split && p.category === category);
    const built = buildTriplets(mine, perReference[category], split !== 'train');
    const triplets = built.map(({ reference, target, changed, captions, group }) => ({
      reference: reference.id,
      target: target.id,
      changed,
      captions,
      ...(group && { group: group.map((p) => p.id) }),
    }));
    const attributes = writeColumns(attributeValues, mine);
    blocks.push({ split, category, ids: mine.map((p) => p.id), attributes, triplets });
    console.log(`${split} ${category}: ${mine.length} images, ${triplets.length} triplets`);
  }
}

mkdirSync('../embedded/data', { recursive: true });
const pixels = Buffer.concat(images.map((p) => p.ink));
const idx = writeIdx({ shape: [images.length, SIDE, SIDE], data: pixels });
writeFileSync(join('../embedded/data', 'images-idx3-ubyte.gz'), gzip(idx));
const annotations: Annotations = { name: 'fmnist-cir', attributeValues, blocks };
writeFileSync(join('../embedded/data', 'annotations.json.gz'), gzip(Buffer.from(JSON.stringify(annotations))));
