import { keep, recall } from './kept.ts';

/** Ids of pictures that a visitor brought begin with this. */
const PREFIX = 'own:';
/** What is kept of a picture: more than any encoder takes. */
const MAX_SIDE = 512;

/** A picture that a visitor brought. */
export interface OwnPicture {
  readonly blob: Blob;
  /** Address of the blob, for as long as the page is there. */
  readonly address: string;
}

const pictures = new Map<string, OwnPicture>();

export const isOwn = (id: string): boolean => id.startsWith(PREFIX);

/** A picture by its id: of this page, or of an earlier visit. */
export async function ownPicture(id: string): Promise<OwnPicture | undefined> {
  const held = pictures.get(id);
  if (held) return held;
  const blob = await recall<Blob>(id);
  return blob && hold(id, blob);
}

/** A picture that has been asked for before. */
export const heldPicture = (id: string): OwnPicture | undefined => pictures.get(id);

/**
 * Takes a picture in, made smaller, and keeps it in this browser, so that a trail can be gone back after a reload.
 * @returns its id
 * @throws Error where it cannot be decoded
 */
export async function takeIn(file: Blob): Promise<string> {
  const blob = await smaller(file);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  const id = PREFIX + Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  hold(id, blob);
  await keep(id, blob, 'your picture');
  return id;
}

function hold(id: string, blob: Blob): OwnPicture {
  const picture = { blob, address: URL.createObjectURL(blob) };
  pictures.set(id, picture);
  return picture;
}

async function smaller(file: Blob): Promise<Blob> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    const name = file instanceof File ? file.name : 'this file';
    throw new Error(`${name} is no picture that this browser can read (JPEG, PNG, WebP, AVIF, GIF).`);
  }
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.max(1, bitmap.width * scale), Math.max(1, bitmap.height * scale));
  const pen = canvas.getContext('2d')!;
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/png' });
}
