// Reads the numbers that the original PyTorch code made (test/fixtures, see its README), in Node and in the browser.
import { expect } from 'vitest';
import { channelsLast } from '../src/encoders/pixels.ts';
import { readSafetensors, type Safetensors } from '../src/weights/safetensors.ts';
import { toFloat32 } from '../src/weights/weight-file.ts';

export async function loadFixture(url: URL): Promise<Safetensors> {
  if (typeof process === 'undefined') return readSafetensors(await (await fetch(url)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  const { fileURLToPath } = await import('node:url');
  return readSafetensors(new Uint8Array(await readFile(fileURLToPath(url))));
}

export const clipFixture = (name: string): Promise<Safetensors> =>
  loadFixture(new URL(`./fixtures/${name}.safetensors`, import.meta.url));

export function floats(file: Safetensors, name: string): Float32Array {
  const tensor = file.tensors.get(name);
  if (!tensor) throw new Error(`the fixture has no tensor ${name}`);
  return toFloat32(tensor);
}

/** Images of planes, [n, 3, size, size], in the encoders' layout, [n, size, size, 3]. */
export function nhwc(planes: Float32Array, size: number): Float32Array {
  const out = new Float32Array(planes.length);
  const image = 3 * size * size;
  for (let i = 0; i < planes.length; i += image)
    channelsLast(planes.subarray(i, i + image), size, out.subarray(i, i + image));
  return out;
}

/** The tokens of each row up to its end-of-text token, which has the largest id. */
export function tokenRows(file: Safetensors): number[][] {
  const ids = floats(file, 'tokens');
  const context = file.tensors.get('tokens')!.shape[1];
  return Array.from({ length: ids.length / context }, (_, row) => {
    const tokens = [...ids.subarray(row * context, (row + 1) * context)];
    return tokens.slice(0, tokens.indexOf(Math.max(...tokens)) + 1);
  });
}

/** What the reference has of a tensor, of which it keeps every k-th value if it is large, and ours at the same places. */
function sampled(found: Float32Array, file: Safetensors, key: string, name: string) {
  const whole = file.tensors.has(`${key}.${name}`);
  const expected = floats(file, whole ? `${key}.${name}` : `${key}_sample.${name}`);
  const stride = whole ? 1 : Math.ceil(found.length / 1024);
  const pick = (values: Float32Array) => values.filter((_, i) => i % stride === 0);
  expect(pick(found).length, name).toBe(expected.length);
  return { expected, pick };
}

/** Expects a tensor to agree with the one of the reference: the norm of the difference, relative to the norm. */
export function expectClose(
  found: Float32Array,
  file: Safetensors,
  key: string,
  name: string,
  tolerance: number,
): void {
  const { expected, pick } = sampled(found, file, key, name);
  expect(relativeDifference(pick(found), expected), name).toBeLessThan(tolerance);
}

/**
 * Expects a trained tensor to have gone where the reference went (`final.NAME`): the norm of the difference, relative to
 * the way from the initial values. A step moves a weight by so little that relative to its norm all steps agree.
 * @param part of the tensor that is looked at, all of it unless given
 */
export function expectSameWay(
  found: Float32Array,
  initial: Float32Array,
  file: Safetensors,
  name: string,
  tolerance: number,
  part: (values: Float32Array) => Float32Array = (values) => values,
): void {
  const { expected, pick } = sampled(found, file, 'final', name);
  const way = (values: Float32Array) => part(values.map((value, i) => value - pick(initial)[i]));
  expect(relativeDifference(way(pick(found)), way(expected)), `the way of ${name}`).toBeLessThan(tolerance);
}

export function relativeDifference(found: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let norm = 0;
  for (const [i, value] of expected.entries()) {
    difference += (found[i] - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-12);
}
