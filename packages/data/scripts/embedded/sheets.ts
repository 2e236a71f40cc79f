import sharp from 'sharp';

export interface SheetCell {
  ink: Uint8Array;
  /** Lines printed under the image. */
  label: string[];
}

const scale = 3;
const line = 11;

/** Writes numbered images with labels as one PNG, `columns` in a row, to look at. */
export async function writeSheet(path: string, cells: SheetCell[], columns: number): Promise<void> {
  const lines = Math.max(...cells.map((c) => c.label.length));
  const [w, h] = [28 * scale + 12, 28 * scale + 4 + line * lines];
  const [width, height] = [columns * w, Math.ceil(cells.length / columns) * h];
  const pixels = Buffer.alloc(width * height, 200);
  const texts: string[] = [];
  cells.forEach((cell, n) => {
    const [left, top] = [(n % columns) * w, Math.floor(n / columns) * h];
    for (let y = 0; y < 28 * scale; y++) {
      for (let x = 0; x < 28 * scale; x++) {
        const ink = cell.ink[Math.floor(y / scale) * 28 + Math.floor(x / scale)];
        pixels[(top + y) * width + left + x] = 255 - ink;
      }
    }
    cell.label.forEach((text, i) => {
      texts.push(`<text x="${left + 1}" y="${top + 28 * scale + line * (i + 1) - 2}">${text}</text>`);
    });
  });
  const style = `font-family="DejaVu Sans" font-size="${line - 1}" fill="#000"`;
  const size = `width="${width}" height="${height}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><g ${style}>${texts.join('')}</g></svg>`;
  await sharp(pixels, { raw: { width, height, channels: 1 } })
    .composite([{ input: Buffer.from(svg) }])
    .png()
    .toFile(path);
}
