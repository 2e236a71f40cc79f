import sharp from 'sharp';

/** An image on a contact sheet. */
export interface SheetCell {
  /** Any file that sharp reads. */
  readonly image: string | Buffer;
  /** Lines printed below it. */
  readonly label: readonly string[];
}

const side = 72;
const line = 11;

/** Writes images with labels as one PNG, `columns` in a row, to look at. */
export async function writeSheet(path: string, cells: readonly SheetCell[], columns: number): Promise<void> {
  const lines = Math.max(...cells.map(({ label }) => label.length));
  const [w, h] = [side + 14, side + 4 + line * lines];
  const [width, height] = [columns * w, Math.ceil(cells.length / columns) * h];
  const places = cells.map((_, n) => ({ left: (n % columns) * w, top: Math.floor(n / columns) * h }));
  const images = await Promise.all(
    cells.map(async ({ image }, n) => ({
      input: await sharp(image).resize(side, side).png().toBuffer(),
      ...places[n],
    })),
  );
  const texts = cells.flatMap(({ label }, n) =>
    label.map(
      (text, i) => `<text x="${places[n].left + 1}" y="${places[n].top + side + line * (i + 1)}">${text}</text>`,
    ),
  );
  const style = `font-family="DejaVu Sans" font-size="${line - 2}" fill="#000"`;
  const size = `width="${width}" height="${height}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><g ${style}>${texts.join('')}</g></svg>`;
  await sharp({ create: { width, height, channels: 3, background: '#fff' } })
    .composite([...images, { input: Buffer.from(svg) }])
    .png()
    .toFile(path);
}
