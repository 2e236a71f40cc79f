import { fromFloat32, storedTensor, toFloat32 } from '@webcir/clip';
import { joinFeatures, type StoreRow } from './check-search.ts';

/** The largest value that half precision holds. */
const MAX_HALF = 65504;

/**
 * Features as bytes in half precision, little-endian, [rows, dim].
 * @throws RangeError naming the id whose feature has a value that half precision has no place for
 */
export function encodeHalves(rows: readonly StoreRow[], dim: number): Uint8Array {
  const features = joinFeatures(rows, dim);
  const { bytes } = fromFloat32(features, [rows.length, dim], 'F16');
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, features.length);
  const at = halves.findIndex((bits) => (bits & 0x7fff) >= 0x7c00);
  if (at === -1) return bytes;
  throw new RangeError(
    `${rows[Math.floor(at / dim)].id}: half precision holds no value beyond ${MAX_HALF}, found ${features[at]} in its ` +
      'feature: divide the features by a number, which changes no similarity, or keep them in a store of F32',
  );
}

/** Features in single precision of bytes in half precision, little-endian. */
export const decodeHalves = (bytes: Uint8Array): Float32Array<ArrayBuffer> =>
  toFloat32(storedTensor('F16', [bytes.byteLength / 2], bytes));
