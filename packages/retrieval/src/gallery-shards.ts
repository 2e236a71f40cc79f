import {
  BufferUsage,
  compile,
  type Device,
  type GalleryStorage,
  input,
  l2Normalize,
  MAX_SHARD_PANELS,
  OutOfMemoryError,
  PANEL_ROWS,
  type Program,
  packGallery,
  panelWords,
  type Region,
  stored,
  type Tensor,
} from '@webcir/kernels';
import { type ByteScale, toBytes } from './byte-scale.ts';

/** Bytes of features that are uploaded at once. */
const blockBytes = 2 ** 23;

/** Kernels read four dimensions at a time; zeros change no score. */
export const paddedDim = (dim: number) => Math.ceil(dim / 4) * 4;

const panelsOf = (rows: number) => Math.ceil(rows / PANEL_ROWS);
const panelBytes = (dim: number, storage: GalleryStorage) => 4 * paddedDim(dim) * panelWords(storage);

/** How many rows the device can bind as one buffer. */
export function rowsThatFit({ capabilities }: Device, dim: number, storage: GalleryStorage): number {
  const panels = Math.floor(capabilities.maxBindingSize / panelBytes(dim, storage));
  return PANEL_ROWS * Math.max(1, Math.min(panels, MAX_SHARD_PANELS));
}

/** Copies rows of `dim` values to rows of `paddedDim(dim)` values. */
export function copyRows(rows: Float32Array, dim: number, target: Float32Array): void {
  const width = paddedDim(dim);
  if (width === dim) target.set(rows);
  else for (let i = 0; i * dim < rows.length; i++) target.set(rows.subarray(i * dim, (i + 1) * dim), i * width);
}

/** Features that are read in blocks: those of a gallery that is too large to be held in memory. */
export interface FeatureReader {
  /** The number of images. */
  readonly size: number;
  /** Features of images that lie one after the other, [count, dim]. */
  read(first: number, count: number): Promise<Float32Array>;
}

/**
 * Normalizes and packs features on the device, block by block.
 * @param scale what bytes stand for, with storage 'i8'
 * @returns the shards, as `nearest` takes them
 * @throws OutOfMemoryError; what was copied is freed
 */
export async function uploadShards(
  device: Device,
  { size, read }: FeatureReader,
  options: { dim: number; storage: GalleryStorage; shardRows: number; scale: ByteScale | undefined },
): Promise<Tensor[]> {
  const { dim, storage, shardRows, scale } = options;
  const width = paddedDim(dim);
  const blockRows = PANEL_ROWS * Math.min(panelsOf(size), panelsOf(blockBytes / 4 / width));
  const rows = l2Normalize(input('rows', [blockRows, width]));
  const packing = await compile(device, {
    outputs: { panels: packGallery(scale ? toBytes(rows, scale) : rows, storage) },
  });
  const block = new Float32Array(blockRows * width);
  const shards: Tensor[] = [];
  try {
    for (let first = 0; first < size; first += shardRows) {
      const end = Math.min(first + shardRows, size);
      const shard = await createShard(device, panelsOf(end - first), { dim, storage });
      shards.push(shard);
      for (let start = first; start < end; start += blockRows) {
        const count = Math.min(blockRows, end - start);
        copyRows(await read(start, count), dim, block);
        // The last panel repeats the last row, as in packGallery.
        for (let row = count; row % PANEL_ROWS !== 0; row++)
          block.copyWithin(row * width, (row - 1) * width, row * width);
        const bytes = panelsOf(count) * panelBytes(dim, storage);
        packBlock(packing, block, {
          ...regionOf(shard),
          offset: ((start - first) / PANEL_ROWS) * panelBytes(dim, storage),
          size: bytes,
        });
        await device.idle(); // otherwise the blocks of a large gallery pile up in host memory
      }
    }
  } catch (error) {
    shards.forEach(freeShard);
    throw error;
  } finally {
    packing.dispose();
  }
  return shards;
}

/** @throws OutOfMemoryError */
async function createShard(
  device: Device,
  panels: number,
  { dim, storage }: { dim: number; storage: GalleryStorage },
): Promise<Tensor> {
  const size = panels * panelBytes(dim, storage);
  const { gpu } = device;
  gpu.pushErrorScope('out-of-memory');
  const buffer = gpu.createBuffer({ size, usage: BufferUsage.STORAGE | BufferUsage.COPY_DST, label: 'gallery' });
  const error = await device.wait(gpu.popErrorScope());
  if (error) {
    buffer.destroy();
    throw new OutOfMemoryError(`the device has no ${(size / 1e9).toFixed(2)} GB left for features: ${error.message}`);
  }
  const shape = [panels, paddedDim(dim), panelWords(storage)];
  return stored('gallery', { buffer, offset: 0, size }, shape, storage === 'f32' ? 'f32' : 'u32');
}

function packBlock(packing: Program<'panels'>, rows: Float32Array, target: Region): void {
  const { device } = packing;
  packing.write({ rows });
  const encoder = device.gpu.createCommandEncoder();
  packing.encode(encoder);
  const { buffer, offset } = packing.region('panels');
  encoder.copyBufferToBuffer(buffer, offset, target.buffer, target.offset, target.size);
  device.gpu.queue.submit([encoder.finish()]);
}

export function freeShard(shard: Tensor): void {
  regionOf(shard).buffer.destroy();
}

function regionOf({ node: { source } }: Tensor): Region {
  if (source.kind !== 'stored' || !source.region) throw new TypeError('not a tensor in memory');
  return source.region;
}
