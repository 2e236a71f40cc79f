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
  #bitmap: Promise<ImageBitmap> | undefined;

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

  /** The whole image, decoded once. */
  bitmap(): Promise<ImageBitmap> {
    this.#bitmap ??= fetch(this.address)
      .then((response) => response.blob())
      .then((blob) => createImageBitmap(blob));
    return this.#bitmap;
  }

  /** One picture on a canvas of its own, to be encoded. */
  async picture(row: number): Promise<OffscreenCanvas> {
    const canvas = new OffscreenCanvas(this.tile, this.tile);
    const [x, y] = [this.tile * (row % this.columns), this.tile * Math.floor(row / this.columns)];
    canvas.getContext('2d')!.drawImage(await this.bitmap(), -x, -y);
    return canvas;
  }
}
