// The textures of the map: the atlas of pictures with its mipmaps, and the numbers of ranks.
import mipmapCode from './mipmap.wgsl';

/** Pictures on one image: that of `ids[i]` is tile i, row by row. */
export interface Atlas {
  /**
   * Pixels, or what they are read from, for which a page waits: where there is no GPU, a third of a second. Must stay as
   * it is, an ImageBitmap open, for as long as the map may be given another device.
   */
  readonly image: ImageData | ImageBitmap | HTMLCanvasElement | OffscreenCanvas;
  /** Pixels of a picture's side. Each factor of 2 in it is one more mipmap, for pictures that are drawn small. */
  readonly tile: number;
  /** Tiles in a row. */
  readonly columns: number;
}

/** How often the side of a tile can be halved and stay whole, and 1 more: no texel of a level lies in two tiles. */
export const levelsOf = ({ tile }: Atlas): number => 1 + Math.log2(tile & -tile);

/**
 * @param count of pictures
 * @throws RangeError where the image is too small for them, or too large for the device
 */
export function checkAtlas({ image, tile, columns }: Atlas, count: number, { limits }: GPUDevice): void {
  if (!Number.isInteger(tile) || !Number.isInteger(columns) || tile < 1 || columns < 1)
    throw new RangeError(`an atlas has whole tiles and columns, found tile ${tile} and columns ${columns}`);
  const { width, height } = sizeOf({ image, tile, columns }, count);
  if (image.width < width || image.height < height)
    throw new RangeError(
      `${count} pictures of ${tile} pixels, ${columns} in a row, need an atlas of ${width} x ${height} pixels, ` +
        `found ${image.width} x ${image.height}`,
    );
  const most = limits.maxTextureDimension2D;
  if (Math.max(width, height) > most)
    throw new RangeError(
      `the atlas is ${width} x ${height} pixels, the device takes textures of up to ${most}: ` +
        'take smaller tiles, or more columns where it is high',
    );
}

const sizeOf = ({ tile, columns }: Atlas, count: number) => ({
  width: tile * columns,
  height: tile * Math.max(Math.ceil(count / columns), 1),
});

/** Uploads an atlas that `checkAtlas` has passed, and makes its levels. Alpha is premultiplied. */
export function atlasTexture(device: GPUDevice, atlas: Atlas, count: number): GPUTexture {
  const { width, height } = sizeOf(atlas, count);
  const image = imageTexture(device, atlas.image, width, height);
  const texture = device.createTexture({
    label: 'map: atlas',
    size: [width, height],
    format: image.format,
    mipLevelCount: levelsOf(atlas),
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.RENDER_ATTACHMENT,
  });
  const module = device.createShaderModule({ code: mipmapCode, label: 'map: levels of the atlas' });
  const pipelineOf = (entryPoint: 'first' | 'half') =>
    device.createRenderPipeline({
      layout: 'auto',
      vertex: { module },
      fragment: { module, entryPoint, targets: [{ format: texture.format }] },
    });
  const [first, half] = [pipelineOf('first'), pipelineOf('half')];
  const encoder = device.createCommandEncoder();
  const view = (baseMipLevel: number) => texture.createView({ baseMipLevel, mipLevelCount: 1 });
  for (let level = 0; level < texture.mipLevelCount; level++) {
    const [pipeline, source] = level === 0 ? [first, image.createView()] : [half, view(level - 1)];
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view: view(level), loadOp: 'clear', storeOp: 'store' }],
    });
    pass.setPipeline(pipeline);
    const entries = [{ binding: 0, resource: source }];
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.draw(3);
    pass.end();
  }
  device.queue.submit([encoder.finish()]);
  image.destroy();
  return texture;
}

/** The numbers from 1 to 100, ten in a row, as map.wgsl has them. */
export function rankTexture(device: GPUDevice, font: string): GPUTexture {
  const [width, height] = [54, 42]; // three pixels for each of BADGE
  const pen = readable(10 * width, 10 * height);
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  for (let i = 0; i < 100; i++) {
    pen.font = `700 ${i < 99 ? 31 : 26}px ${font}`;
    pen.fillText(String(i + 1), width * ((i % 10) + 0.5), height * (Math.floor(i / 10) + 0.54));
  }
  return imageTexture(device, pen.getImageData(0, 0, 10 * width, 10 * height), 10 * width, 10 * height);
}

/** An image's pixels, alpha not premultiplied. `copyExternalImageToTexture` would do it all, but waits for longer yet. */
function imageTexture(device: GPUDevice, image: Atlas['image'], width: number, height: number): GPUTexture {
  const texture = device.createTexture({
    label: 'map: image',
    size: [width, height],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
  });
  const pixels = image instanceof ImageData ? image : pixelsOf(image);
  device.queue.writeTexture({ texture }, pixels.data, { bytesPerRow: 4 * pixels.width }, [width, height]);
  return texture;
}

function pixelsOf(image: Exclude<Atlas['image'], ImageData>): ImageData {
  const pen = readable(image.width, image.height);
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, image.width, image.height);
}

/** A canvas in memory: for the pixels of one on the device, a page waits until the device is free. */
const readable = (width: number, height: number): OffscreenCanvasRenderingContext2D =>
  new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
