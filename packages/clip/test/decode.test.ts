// Files with faults, and in CMYK: what PIL opens is opened, to PIL's colours, and what is cut is refused.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../src/node.ts';
import type { RawImage } from '../src/preprocess/image.ts';
import { preprocess } from '../src/preprocess/preprocess.ts';

const fixture = (path: string) => fileURLToPath(new URL(`fixtures/${path}`, import.meta.url));
const photo = await readFile(fixture('images/photo.jpg'));
const png = await readFile(fixture('images/small.png'));

/** The largest difference between two images' values. */
function difference(a: RawImage, b: RawImage): number {
  expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels]);
  return Array.from(a.data).reduce((max, value, i) => Math.max(max, Math.abs(value - b.data[i])), 0);
}

/** `bytes` put into a JPEG before its quantization tables. */
function withBytes(...bytes: number[]): Buffer {
  const tables = photo.indexOf(Buffer.of(0xff, 0xdb));
  return Buffer.concat([photo.subarray(0, tables), Buffer.from(bytes), photo.subarray(tables)]);
}

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  readonly crc?: number;
}

/** The fixture's chunks, changed. */
function pngOf(change: (chunk: Chunk) => Chunk[]): Buffer {
  const parts = [png.subarray(0, 8)];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const data = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    const type = png.toString('latin1', at + 4, at + 8);
    for (const chunk of change({ type, data })) {
      const typed = Buffer.concat([Buffer.from(chunk.type, 'latin1'), chunk.data]);
      const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
      length.writeUInt32BE(chunk.data.length);
      crc.writeUInt32BE(chunk.crc ?? crc32(typed));
      parts.push(length, typed, crc);
    }
  }
  return Buffer.concat(parts);
}

describe('decodeImage opens what PIL opens', () => {
  it.each(['bad-sos', 'extraneous'])('%s.jpg', async (name) => {
    const [image, expected] = await Promise.all(
      ['jpg', 'png'].map((end) => decodeImage(fixture(`decode/${name}.${end}`))),
    );
    expect(difference(image, expected)).toBeLessThanOrEqual(3);
  });

  it.each([
    ['bytes between markers', withBytes(1, 2, 3)],
    ['more warnings than libvips counts', withBytes(...Array(150).fill([7, 0xff, 0xfe, 0, 3, 65]).flat())],
    ['bytes after the end', Buffer.concat([photo, Buffer.from('<html>')])],
    ['bytes before the end', Buffer.concat([photo.subarray(0, -2), Buffer.of(1, 2, 3, 4), photo.subarray(-2)])],
  ])('a JPEG with %s', async (_, file) => {
    expect(difference(await decodeImage(file), await decodeImage(photo))).toBe(0);
  });

  it.each([
    ['a wrong checksum of its pixels', pngOf((chunk) => [chunk.type === 'IDAT' ? { ...chunk, crc: 1 } : chunk])],
    ['an unknown chunk', pngOf((chunk) => (chunk.type === 'IEND' ? [{ ...chunk, type: 'zzZz' }, chunk] : [chunk]))],
    ['a damaged profile', pngOf((c) => (c.type === 'IHDR' ? [c, { type: 'iCCP', data: Buffer.from('x\0\0x') }] : [c]))],
    ['bytes after the end', Buffer.concat([png, png])],
    ['no end', pngOf((chunk) => (chunk.type === 'IEND' ? [] : [chunk]))],
  ])('a PNG with %s', async (_, file) => {
    expect(difference(await decodeImage(file), await decodeImage(png))).toBe(0);
  });
});

describe('decodeImage refuses a cut', () => {
  const formats = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const;
  it.each(formats)('%s', async (format) => {
    const whole = await sharp(photo)
      .toFormat(format, format === 'tiff' ? { compression: 'none' } : {})
      .toBuffer();
    expect((await decodeImage(whole)).channels).toBe(3);
    for (const part of [0.97, 0.5]) {
      const cut = decodeImage(whole.subarray(0, part * whole.length), `cut.${format}`);
      await expect(cut).rejects.toThrow(`cut.${format}: cannot be read as an image: `);
    }
  });

  it('progressive JPEG, and one whose pixels are damaged to the end', async () => {
    const progressive = await sharp(photo).jpeg({ progressive: true }).toBuffer();
    for (const file of [progressive.subarray(0, -200), Buffer.from(photo).fill(0, photo.length / 2)])
      await expect(decodeImage(file, 'cut.jpg')).rejects.toThrow('cut.jpg: cannot be read as an image: VipsJpeg: prem');
  });

  it('PNG, also where its chunks are all there', async () => {
    const file = pngOf((c) => [c.type === 'IDAT' ? { ...c, data: c.data.subarray(0, c.data.length / 2) } : c]);
    await expect(decodeImage(file, 'cut.png')).rejects.toThrow('cut.png: cannot be read as an image: ');
  });
});

describe("decodeImage gives PIL's colours", () => {
  it.each(['cmyk-blue', 'cmyk-cyan'])('of %s.jpg', async (name) => {
    const [image, expected] = await Promise.all(
      ['jpg', 'png'].map((end) => decodeImage(fixture(`decode/${name}.${end}`))),
    );
    expect(difference(image, expected)).toBeLessThanOrEqual(3);
    expect(image.padding).toEqual([255, 255, 255]);
  });

  it('of a CMYK TIFF, and pads it with white', async () => {
    const inks = Buffer.from([...[255, 0, 0, 0], ...[0, 200, 100, 50], ...[0, 0, 0, 255], ...[10, 20, 30, 128]]);
    const file = cmykTiff(inks, 4, 1);
    const image = await decodeImage(file);
    // By Pillow 9.4.0: Image.frombytes('CMYK', (4, 1), inks).convert('RGB').
    expect([...image.data]).toEqual([0, 255, 255, 205, 44, 125, 0, 0, 0, 122, 117, 112]);
    const padded = preprocess(image, { transform: 'squarepad', size: 4 });
    expect([...padded.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
  });

  it.each(['jpeg', 'png', 'webp', 'tiff'] as const)('of a %s with a profile, which PIL leaves out', async (format) => {
    const file = await sharp(photo).withIccProfile('p3').toFormat(format).toBuffer();
    const as = (ignoreIcc: boolean) => sharp(file, { ignoreIcc }).toColourspace('srgb').raw().toBuffer();
    const data = Buffer.from((await decodeImage(file)).data);
    expect(Buffer.compare(data, await as(true))).toBe(0);
    expect(Buffer.compare(data, await as(false))).not.toBe(0);
  });

  it('of a GIF, whose palette decides how it is resized', async () => {
    const [image, expected] = await Promise.all(
      ['gif', 'png'].map((end) => decodeImage(fixture(`decode/transparent.${end}`))),
    );
    expect(difference(image, expected)).toBe(0);
    expect(image.paletteFirst).toEqual([188, 206, 70]);
  });

  it('of a GIF in grey', async () => {
    const [image, expected] = await Promise.all(
      ['gif', 'png'].map((end) => decodeImage(fixture(`decode/grey.${end}`))),
    );
    expect(difference(image, expected)).toBe(0);
    expect(image.paletteFirst).toBeUndefined();
  });

  it('of a PNG with 16 bits: the upper 8', async () => {
    const samples = [0x1234, 0xff00, 0x00ff];
    const row = Buffer.concat([Buffer.of(0), ...samples.map((value) => Buffer.of(value >> 8, value & 255))]);
    const file = pngOf((c) => {
      if (c.type === 'IHDR') return [{ type: 'IHDR', data: Buffer.of(0, 0, 0, 1, 0, 0, 0, 1, 16, 2, 0, 0, 0) }];
      return c.type === 'IDAT' ? [{ type: 'IDAT', data: deflateSync(row) }] : [c];
    });
    expect([...(await decodeImage(file)).data]).toEqual([0x12, 0xff, 0x00]);
  });
});

/** A TIFF of inks without compression: a header, a directory of ten entries, the pixels. */
function cmykTiff(inks: Buffer, width: number, height: number): Buffer {
  const pixelsAt = 8 + 2 + 10 * 12 + 4 + 8;
  const entries = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 4, pixelsAt - 8], // bits per sample, below
    [259, 3, 1, 1],
    [262, 3, 1, 5], // CMYK
    [273, 4, 1, pixelsAt],
    [277, 3, 1, 4],
    [278, 4, 1, height],
    [279, 4, 1, inks.length],
    [284, 3, 1, 1],
  ];
  const head = Buffer.alloc(pixelsAt);
  head.write('II*\0\b', 'latin1');
  head.writeUInt16LE(entries.length, 8);
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * i;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(value, at + 8);
  }
  for (let i = 0; i < 4; i++) head.writeUInt16LE(8, pixelsAt - 8 + 2 * i);
  return Buffer.concat([head, inks]);
}
