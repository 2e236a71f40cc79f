// Contact sheets of emoji to look at: `pnpm emoji-sheets FOLDER OUT`, where FOLDER is that of `pnpm build-emoji`.
// OUT/people-*.png, hands-*.png and things-*.png show all images of the set with their attributes, sorted by them.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { emojiSkins } from '../src/emoji.ts';
import { type LabelledEmoji, labelEmoji } from './emoji/label.ts';
import { writeSheet } from './emoji/sheets.ts';

const [folder, out] = process.argv.slice(2);
if (!folder || !out) {
  console.error('Say where the npm packages are and where the sheets go: pnpm emoji-sheets FOLDER OUT');
  process.exit(1);
}
mkdirSync(out, { recursive: true });

const images = await labelEmoji(folder);
const sorted = (list: readonly LabelledEmoji[], keyOf: (image: LabelledEmoji) => string) =>
  [...list].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
const byTone = ({ attributes: { name, gender, skin } }: LabelledEmoji) =>
  `${name} ${gender} ${emojiSkins.indexOf(skin)}`;
const people = images.filter(({ attributes }) => attributes.kind === 'person');
const hands = images.filter(({ attributes }) => attributes.kind === 'hand');
const things = images.filter(({ attributes }) => attributes.colour !== undefined);
await writeSheets('people', sorted(people, byTone), 18, ({ name, gender, skin }) => [name, `${gender} ${skin}`]);
await writeSheets('hands', sorted(hands, byTone), 18, ({ name, skin }) => [name, skin]);
await writeSheets(
  'things',
  sorted(things, ({ attributes: { kind, colour } }) => `${kind} ${colour}`),
  18,
  ({ name, kind, colour }) => [name, kind, colour],
);

async function writeSheets(
  name: string,
  list: readonly LabelledEmoji[],
  columns: number,
  labelOf: (attributes: LabelledEmoji['attributes']) => string[],
): Promise<void> {
  const size = 15 * columns;
  for (let i = 0; i * size < list.length; i++) {
    const cells = list
      .slice(i * size, (i + 1) * size)
      .map(({ file, attributes }) => ({ image: file, label: labelOf(attributes).map((text) => text.slice(0, 16)) }));
    await writeSheet(join(out, `${name}-${String(i).padStart(2, '0')}.png`), cells, columns);
  }
}
