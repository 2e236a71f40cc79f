import { Tiles } from '../tiles.ts';

/** The largest thumbnail and the widest atlas, in pixels: every device has textures of this size. */
const [MAX_TILE, MAX_WIDTH] = [96, 4096];

/** Thumbnails of pictures as they come, on one image. */
export class Thumbnails {
  readonly #canvas: OffscreenCanvas;
  readonly #tile: number;
  readonly #columns: number;
  #count = 0;

  /** @param most how many there can be */
  constructor(most: number) {
    this.#columns = Math.max(1, Math.ceil(Math.sqrt(most)));
    this.#tile = Math.max(1, Math.min(MAX_TILE, Math.floor(MAX_WIDTH / this.#columns)));
    this.#canvas = new OffscreenCanvas(this.#tile * this.#columns, this.#tile * Math.ceil(most / this.#columns));
    const pen = this.#canvas.getContext('2d')!;
    pen.fillStyle = 'white';
    pen.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    pen.imageSmoothingQuality = 'high';
  }

  /** Adds a picture, fitted into its tile. */
  add(picture: ImageBitmap): void {
    const [tile, row] = [this.#tile, this.#count++];
    const scale = tile / Math.max(picture.width, picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    const left = tile * (row % this.#columns) + (tile - width) / 2;
    const top = tile * Math.floor(row / this.#columns) + (tile - height) / 2;
    this.#canvas.getContext('2d')!.drawImage(picture, left, top, width, height);
  }

  async finish(): Promise<StoredTiles> {
    const atlas = await this.#canvas.convertToBlob({ type: 'image/webp', quality: 0.85 });
    return { atlas, tile: this.#tile, columns: this.#columns };
  }
}

/** Thumbnails as they are kept. */
export interface StoredTiles {
  readonly atlas: Blob;
  readonly tile: number;
  readonly columns: number;
}

export const tilesOf = ({ atlas, tile, columns }: StoredTiles, count: number): Tiles =>
  new Tiles(URL.createObjectURL(atlas), { tile, columns, count });
