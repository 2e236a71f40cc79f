/** Pictures of one size on one image, row by row. */
export interface TileLayout {
  /** Width and height of a picture, in pixels. */
  readonly tile: number;
  readonly columns: number;
  readonly count: number;
}

/** The pictures of a set: on one image, so that a page of hundreds is one request. */
export class Tiles implements TileLayout {
  readonly address: string;
  readonly tile: number;
  readonly columns: number;
  readonly count: number;
  #pixels: Promise<ImageData> | undefined;

  constructor(address: string, { tile, columns, count }: TileLayout) {
    this.address = address;
    this.tile = tile;
    this.columns = columns;
    this.count = count;
  }

  /** Makes an element show a picture, at whatever size it has. */
  show(element: HTMLElement, row: number): void {
    const rows = Math.ceil(this.count / this.columns);
    const place = (at: number, of: number) => (of === 1 ? 0 : (100 * at) / (of - 1));
    const { style } = element;
    style.backgroundImage = `url("${this.address}")`;
    style.backgroundSize = `${100 * this.columns}% ${100 * rows}%`;
    style.backgroundPosition = `${place(row % this.columns, this.columns)}% ${place(Math.floor(row / this.columns), rows)}%`;
  }

  /** The pixels of the whole image, decoded once. @throws Error naming the address of what cannot be */
  pixels(): Promise<ImageData> {
    this.#pixels ??= pixelsOf(this.address);
    return this.#pixels;
  }

  /** One picture on a canvas of its own, to be encoded. */
  async picture(row: number): Promise<OffscreenCanvas> {
    const canvas = new OffscreenCanvas(this.tile, this.tile);
    const [x, y] = [this.tile * (row % this.columns), this.tile * Math.floor(row / this.columns)];
    canvas.getContext('2d')!.putImageData(await this.pixels(), -x, -y);
    return canvas;
  }
}

/** One for all sets, and never ended: a page waits for a thread that ends, where there is no GPU for a third of a second. */
let decoder: Worker | undefined;

function pixelsOf(address: string): Promise<ImageData> {
  decoder ??= new Worker(new URL('./pixels-worker.ts', import.meta.url), { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  decoder.postMessage(address, [port2]);
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data: { pixels, error } }) => {
      port1.close();
      if (pixels) resolve(pixels);
      else reject(new Error(`${address}: ${error.message}`));
    };
  });
}
