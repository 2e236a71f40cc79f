// Contact sheets to look at: `pnpm contact-sheets FOLDER OUT`, where FOLDER holds the Fashion-MNIST files.
// OUT/clusters-*.png show each silhouette cluster (its mean first) for cluster-names.json; OUT/labels-*.png show the
// fully labelled images of the galleries, numbered, for corrections.json.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { attributeKey } from '../src/attributes.ts';
import { clustersOf } from './embedded/clusters.ts';
import { labelImages } from './embedded/label.ts';
import { type SheetCell, writeSheet } from './embedded/sheets.ts';
import { categories, readSource } from './embedded/source.ts';

const [folder, out] = process.argv.slice(2);
if (!folder || !out) {
  console.error('Say where the Fashion-MNIST files are and where the sheets go: pnpm contact-sheets FOLDER OUT');
  process.exit(1);
}
const [columns, rows, samples] = [16, 6, 23];
mkdirSync(out, { recursive: true });

const source = readSource(folder);
for (const category of categories) {
  const { centres, members } = clustersOf(source.filter((p) => p.category === category && p.split === 'train'));
  const cells = centres.flatMap((centre, c): SheetCell[] => {
    const list = members[c];
    const shown = Array.from({ length: samples }, (_, i) => list[Math.floor((i / samples) * list.length)]);
    return [
      { ink: Uint8Array.from(centre, (v) => 255 * v), label: [`${c}: ${list.length}`] },
      ...shown.map((p) => ({ ink: p.ink, label: [] })),
    ];
  });
  await writeSheets(`clusters-${category}`, cells, samples + 1, 8);
}

const labelled = labelImages(source, 'scripts/embedded').filter((p) => p.split !== 'train');
for (const category of categories) {
  const cells = labelled
    .filter((p) => p.category === category && attributeKey(category, p.attributes))
    .map(({ id, ink, attributes: { tone, pattern, sleeves, ...shape } }) => ({
      ink,
      label: [id, `${tone} ${pattern}`, `${sleeves} ${Object.values(shape).join(' ')}`],
    }));
  await writeSheets(`labels-${category}`, cells, columns, rows);
}

async function writeSheets(name: string, cells: SheetCell[], columns: number, rows: number): Promise<void> {
  const size = columns * rows;
  for (let i = 0; i * size < cells.length; i++) {
    const number = String(i).padStart(2, '0');
    await writeSheet(join(out, `${name}-${number}.png`), cells.slice(i * size, (i + 1) * size), columns);
  }
}
