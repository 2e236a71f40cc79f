/** Interleaved inks (255: all of it) as RGB, rounded as Pillow does (`cmyk2rgb`, `Convert.c`), without a profile. */
export function cmykToRgb(cmyk: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3];
    for (let c = 0; c < 3; c++) {
      const product = cmyk[from + c] * light + 128;
      rgb[to + c] = light - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}
