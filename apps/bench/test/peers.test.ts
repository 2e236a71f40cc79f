// How peers are asked and judged, with peers of our own making: the real ones are installed only where they are asked
// for.
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disagreement } from '../src/peers/check.ts';
import { type Contestant, Unable } from '../src/peers/contestant.ts';
import { startPeer } from '../src/peers/process.ts';
import { type Field, race } from '../src/peers/race.ts';
import type { PeerName } from '../src/peers/roster.ts';
import { pick, type Work } from '../src/peers/work.ts';

const work: Work = { kind: 'softmax', rows: 2, columns: 2 };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-peers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A peer whose answers are the values of an expression of `request`. */
function peer(name: string, answer: string): Promise<Contestant> {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `import { createInterface } from 'node:readline';
     console.log('chatter of a library');
     console.log(JSON.stringify({ ready: '${name} 1.0' }));
     for await (const line of createInterface({ input: process.stdin })) {
       const request = JSON.parse(line);
       console.log(JSON.stringify(${answer}));
     }`,
  );
  return startPeer({ name, file: process.execPath, args: [path] });
}

describe('a peer in a process of its own', () => {
  it('does as it is asked', async () => {
    const contestant = await peer(
      'good',
      "request.do === 'prepare' ? { result: { y: [request.work.rows] } } : { milliseconds: 2 * request.times }",
    );
    expect(contestant.name).toBe('good 1.0');
    const prepared = await contestant.prepare(work);
    expect(prepared.result).toEqual({ y: [2] });
    expect(await prepared.time(3)).toBe(6);
    await prepared.release();
    await contestant.close();
  });

  it('says why it cannot', async () => {
    const contestant = await peer('unable', "{ unable: 'it does not do ' + request.work.kind }");
    await expect(contestant.prepare(work)).rejects.toThrow(new Unable('it does not do softmax'));
    await contestant.close();
  });

  it('is given up with its last words when it breaks', async () => {
    const contestant = await peer('broken', "process.stderr.write('out of memory\\n', () => process.exit(3))");
    await expect(contestant.prepare(work)).rejects.toThrow('its process ended with exit code 3: out of memory');
    await contestant.close();
  });

  it('that broke at one work is started again for the next', async () => {
    const contestant = await peer(
      'fragile',
      "request.work.kind === 'softmax' ? process.exit(3) : { result: { y: [1] } }",
    );
    await expect(contestant.prepare(work)).rejects.toThrow(Unable);
    const prepared = await contestant.prepare({ kind: 'layernorm', rows: 1, width: 4 });
    expect(prepared.result).toEqual({ y: [1] });
    await contestant.close();
  });

  it('does not start where its program is missing', async () => {
    await expect(startPeer({ name: 'none', file: join(folder, 'none'), args: [] })).rejects.toThrow(/ENOENT/);
  });
});

describe('a race', () => {
  const contestant = (y: number[], milliseconds: number): Contestant => ({
    name: 'made up',
    prepare: async () => ({
      result: { y },
      time: async (times) => times * milliseconds,
      release: async () => {},
    }),
    close: async () => {},
  });

  it('times who has our result, and names the others with the reason', async () => {
    const field: Field = new Map<PeerName, Contestant | Unable>([
      ['tfjs', contestant([0.2500001, 0.75], 30)],
      ['jax-js', contestant([0.3, 0.7], 1)],
      ['usearch', new Unable('it is not installed')],
    ]);
    const found = await race(contestant([0.25, 0.75], 10), field, { name: 'softmax', work }, 3);
    expect(found.ours.samples).toEqual([10, 10, 10]);
    expect(found.peers.tfjs).toMatchObject({ time: { median: 30 }, ratio: { median: 3, low: 3, high: 3 } });
    expect(found.peers['jax-js']).toEqual({
      notRun: 'its result is not ours: y: differs by 6.7e-2 of its largest value',
    });
    expect(found.peers.usearch).toEqual({ notRun: 'it is not installed' });
  });
});

describe('the check of a result', () => {
  it('sees a missing, a short and a broken array', () => {
    expect(disagreement(work, { y: [1] }, {})).toBe('y: expected 1 values, found none');
    expect(disagreement(work, { y: [1] }, { y: [] })).toBe('y: expected 1 values, found 0');
    expect(disagreement(work, { y: [1] }, { y: [Number.NaN] })).toContain('differs by NaN');
    expect(disagreement(work, { y: [1] }, { y: [1.0005] })).toBeUndefined();
  });

  it('lets no more than one in a hundred images change places', () => {
    const search: Work = { kind: 'search', images: 9, width: 4, queries: 20, k: 10 };
    const found = Array.from({ length: 200 }, (_, i) => i);
    const swapped = (pairs: number) => found.map((value, i) => (i < 2 * pairs ? value ^ 1 : value));
    expect(disagreement(search, { images: found }, { images: swapped(1) })).toBeUndefined();
    expect(disagreement(search, { images: found }, { images: swapped(2) })).toBe('images: 4 of 200 differ');
  });

  it('looks at evenly picked values of long arrays', () => {
    expect(pick([1, 2, 3])).toEqual([1, 2, 3]);
    expect(pick(Float32Array.from({ length: 4000 }, (_, i) => i)).slice(0, 3)).toEqual([0, 4, 8]);
  });
});
