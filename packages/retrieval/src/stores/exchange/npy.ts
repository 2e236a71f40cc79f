import { type ByteSource, DTYPE_BYTES, type WeightTensor } from '@webcir/clip';

/** NumPy's names of what a feature may be stored in, little-endian. */
const dtypes: Readonly<Record<string, 'F32' | 'F16'>> = { '<f4': 'F32', '<f2': 'F16' };

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/**
 * Opens an array of NumPy's `.npy` format (its NEP 1), of two dimensions, in float32 or float16: only the header is read.
 * @returns [rows, dim]
 * @throws Error naming the file, where it is something else, or cut short
 */
export async function openNpy(source: ByteSource): Promise<WeightTensor> {
  const fail = (problem: string) => new Error(`${source.name}: ${problem}`);
  const start = await source.read(0, Math.min(12, source.size));
  if (start.length < 12 || magic.some((byte, i) => start[i] !== byte)) throw fail('expected a .npy file');
  const view = new DataView(start.buffer, start.byteOffset);
  const isFirst = start[6] === 1; // version 1 has 2 bytes of length, the others 4
  const headerStart = isFirst ? 10 : 12;
  const length = isFirst ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerStart + length > source.size) throw fail('is cut short');
  const header = new TextDecoder().decode(await source.read(headerStart, length));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? 'what is no plain array';
  const dtype = Object.hasOwn(dtypes, descr) ? dtypes[descr] : undefined;
  if (dtype === undefined) throw fail(`expected values of ${Object.keys(dtypes).join(' or ')}, found ${descr}`);
  if (!/'fortran_order':\s*False/.test(header)) throw fail('expected rows one after the other, found columns');
  const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1].split(',').filter(Boolean).map(Number) ?? [];
  if (shape.length !== 2 || !shape.every(Number.isSafeInteger))
    throw fail(`expected an array of two dimensions, found the shape (${shape.join(', ')})`);
  const [rows, dim] = shape;
  const rowBytes = dim * DTYPE_BYTES[dtype];
  const dataStart = headerStart + length;
  if (dataStart + rows * rowBytes !== source.size)
    throw fail(`expected ${rows * rowBytes} bytes of values, found ${source.size - dataStart}`);
  const part = (first: number, count: number): WeightTensor => ({
    dtype,
    shape: [count, dim],
    read: () => source.read(dataStart + first * rowBytes, count * rowBytes),
    rows: (from, some) => part(first + from, some),
  });
  return part(0, rows);
}

/** What a `.npy` file begins with; its values follow. */
export function npyStart(dtype: 'F32' | 'F16', shape: readonly number[]): Uint8Array {
  const descr = Object.keys(dtypes).find((name) => dtypes[name] === dtype);
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10; // values begin at a multiple of 64
  const start = new Uint8Array(10 + length).fill(0x20);
  start.set([...magic, 1, 0, length & 0xff, length >> 8]);
  start.set(new TextEncoder().encode(text), 10);
  start[start.length - 1] = 0x0a;
  return start;
}
