// The textures of the map: the atlas of pictures with its mipmaps, and the numbers of ranks.
import mipmapCode from './mipmap.wgsl';

/** Pictures on one image: that of `ids[i]` is tile i, row by row. */
export interface Atlas {
  /** Must stay as it is, an ImageBitmap open, for as long as the map may be given another device. */
  readonly image: ImageBitmap | HTMLCanvasElement | OffscreenCanvas;
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

/** Uploads an atlas that `checkAtlas` has passed, and makes its mipmaps. Alpha is premultiplied. */
export function atlasTexture(device: GPUDevice, atlas: Atlas, count: number): GPUTexture {
  const size = sizeOf(atlas, count);
  const levels = levelsOf(atlas);
  const texture = imageTexture(device, atlas.image, size, levels);
  const module = device.createShaderModule({ code: mipmapCode, label: 'map: mipmaps' });
  const pipeline = device.createRenderPipeline({
    layout: 'auto',
    vertex: { module },
    fragment: { module, targets: [{ format: texture.format }] },
  });
  const encoder = device.createCommandEncoder();
  for (let level = 1; level < levels; level++) {
    const view = (baseMipLevel: number) => texture.createView({ baseMipLevel, mipLevelCount: 1 });
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view: view(level), loadOp: 'clear', storeOp: 'store' }],
    });
    pass.setPipeline(pipeline);
    const entries = [{ binding: 0, resource: view(level - 1) }];
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.draw(3);
    pass.end();
  }
  device.queue.submit([encoder.finish()]);
  return texture;
}

/** The numbers from 1 to 100, ten in a row, as map.wgsl has them. */
export function rankTexture(device: GPUDevice, font: string): GPUTexture {
  const [width, height] = [54, 42]; // three pixels for each of BADGE
  const canvas = new OffscreenCanvas(10 * width, 10 * height);
  const pen = canvas.getContext('2d')!;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  for (let i = 0; i < 100; i++) {
    pen.font = `700 ${i < 99 ? 31 : 26}px ${font}`;
    pen.fillText(String(i + 1), width * ((i % 10) + 0.5), height * (Math.floor(i / 10) + 0.54));
  }
  return imageTexture(device, canvas, canvas, 1);
}

function imageTexture(
  device: GPUDevice,
  source: Atlas['image'],
  { width, height }: { width: number; height: number },
  mipLevelCount: number,
): GPUTexture {
  const texture = device.createTexture({
    label: 'map: images',
    size: [width, height],
    format: 'rgba8unorm',
    mipLevelCount,
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
  });
  const data = premultiplied(source, width, height);
  device.queue.writeTexture({ texture }, data, { bytesPerRow: 4 * width }, [width, height]);
  return texture;
}

/**
 * An image's pixels, color times alpha. `copyExternalImageToTexture` would do it all, but a page waits for it, where
 * there is no GPU for half a second.
 */
function premultiplied(source: Atlas['image'], width: number, height: number): Uint8ClampedArray<ArrayBuffer> {
  const pen = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  pen.drawImage(source, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3];
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) data[channel] = (data[channel] * alpha) / 255;
  }
  return data;
}
