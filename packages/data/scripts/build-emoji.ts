// Builds packages/embedded-emoji/data from two npm packages: `pnpm build-emoji FOLDER`, after
// `npm install --no-save --prefix FOLDER @lobehub/fluent-emoji-3d@1.1.0 emojibase-data@17.0.0`. Takes half a minute and
// writes the same bytes every time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Annotations } from '../src/embedded.ts';
import { writeColumns } from '../src/embedded.ts';
import { emojiAttributes } from '../src/emoji.ts';
import { labelEmoji } from './emoji/label.ts';
import { onWhite } from './emoji/pixels.ts';
import { splitsOf } from './emoji/splits.ts';
import { buildTriplets } from './emoji/triplets.ts';
import { gzip } from './gzip.ts';

const folder = process.argv[2];
if (!folder) {
  console.error('Say where npm installed @lobehub/fluent-emoji-3d and emojibase-data: pnpm build-emoji FOLDER');
  process.exit(1);
}

const perReference = { train: 6, val: 3, test: 3 };

const images = await labelEmoji(folder);
const splits = splitsOf(images);
const attributeValues = Object.fromEntries(
  emojiAttributes.map((name) => [name, [...new Set(images.flatMap(({ attributes }) => attributes[name] ?? []))]]),
);
const blocks: Annotations['blocks'] = [];
const files: Buffer[] = [];
for (const split of ['train', 'val', 'test'] as const) {
  const mine = images.filter((image) => splits.get(image) === split);
  const built = await buildTriplets(mine, perReference[split]);
  const triplets = built.map(({ reference, target, changed, caption, group }) => ({
    reference: reference.id,
    target: target.id,
    changed: [...changed],
    captions: [caption],
    group: group.map(({ id }) => id),
  }));
  const attributes = writeColumns(attributeValues, mine);
  blocks.push({ split, category: 'all', ids: mine.map(({ id }) => id), attributes, triplets });
  for (const { pixels } of mine) {
    files.push(await onWhite(pixels).webp({ quality: 90, smartSubsample: true, effort: 6 }).toBuffer());
  }
  console.log(`${split}: ${mine.length} images, ${triplets.length} triplets`);
}

const out = '../embedded-emoji/data';
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'images.webps'), Buffer.concat(files));
const annotations: Annotations = { name: 'emoji-cir', attributeValues, blocks };
writeFileSync(join(out, 'annotations.json.gz'), gzip(Buffer.from(JSON.stringify(annotations))));
