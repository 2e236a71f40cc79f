// A history of writes that is the same in every process: what a store must hold after any number of them. In JavaScript,
// so that a process that is to be killed runs it on the built package.
export const model = { dim: 6, fingerprint: 'history' };

/** A seeded random number in [0, 1) for the i-th question about a write. */
function random(write, i) {
  let x = Math.imul(write + 1, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

/** The n-th write: rows that are put, or ids that are deleted; every now and then everything is compacted. */
export function writeAt(n) {
  const id = (i) => `image ${Math.floor(random(n, i) * 60)}`;
  const kind = random(n, 0);
  if (kind < 0.06) return { kind: 'compact' };
  if (kind < 0.3) return { kind: 'delete', ids: Array.from({ length: 3 }, (_, i) => id(i + 1)) };
  const ids = [...new Set(Array.from({ length: 1 + Math.floor(random(n, 1) * 12) }, (_, i) => id(i + 2)))];
  const features = Float32Array.from({ length: ids.length * model.dim }, (_, i) => (n % 1000) + i + 1);
  return { kind: 'put', ids, features, metadata: ids.map(() => ({ n })) };
}

export async function doWrite(store, n) {
  const write = writeAt(n);
  if (write.kind === 'compact') await store.compact();
  else if (write.kind === 'delete') await store.delete(write.ids);
  else await store.put(write);
}

/** What a store holds after `count` writes, as lines in the order of the ids. */
export function linesAfter(count) {
  const held = new Map();
  for (let n = 0; n < count; n++) {
    const { kind, ids, features } = writeAt(n);
    for (const [i, id] of (ids ?? []).entries()) {
      if (kind === 'delete') held.delete(id);
      else held.set(id, `${id} ${n} ${[...features.subarray(i * model.dim, (i + 1) * model.dim)]}`);
    }
  }
  return [...held.values()].sort();
}

/** What a store holds, in the same form. An id that is there twice gives two lines. */
export async function linesOf(store) {
  const lines = [];
  for await (const { ids, features, metadata } of store.items()) {
    for (const [i, id] of ids.entries())
      lines.push(`${id} ${metadata[i].n} ${[...features.subarray(i * model.dim, (i + 1) * model.dim)]}`);
  }
  return lines.sort();
}
