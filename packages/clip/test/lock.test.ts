// Locks between processes: one of those who want it gets it, also where a killed one has left it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { lock } from '../src/node.ts';

const folders: string[] = [];
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-lock-'));
  folders.push(folder);
  path = join(folder, 'lock');
});
afterAll(() => Promise.all(folders.map((each) => rm(each, { recursive: true }))));

const taken = (holder: string) => new Error(`taken by ${holder}`);

/** Tries for the lock at a moment, in another process, which keeps it until its input ends. */
function rival(moment: number) {
  const built = fileURLToPath(new URL('../dist/node.js', import.meta.url));
  const script = `import { lock } from ${JSON.stringify(built)};
    while (Date.now() < ${moment});
    try { lock(${JSON.stringify(path)}, (holder) => new Error('taken by ' + holder)); console.log('got'); }
    catch ({ message }) { console.log(message); }
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  return { child, told: text(child.stdout) };
}

const gone = 2 ** 22 + 1; // a process number that Linux does not give

describe('lock', () => {
  it('is refused while this process has it, and free afterwards', () => {
    const unlock = lock(path, taken);
    expect(() => lock(path, taken)).toThrow(`taken by ${process.pid}`);
    unlock();
    lock(path, taken)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    'is taken over from a process that has ended and was never asked how',
    async () => {
      const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = await once(parent.stdout, 'data');
      await writeFile(path, `${Number(line)} 1 a`);
      const state = () => readFileSync(`/proc/${Number(line)}/stat`, 'utf8');
      await expect.poll(state).toContain(') Z ');
      lock(path, taken)();
      parent.kill();
    },
  );

  it.each([
    ['of a process that is gone', `${gone} 1 a`],
    ['of an earlier process with the number of this one', `${process.pid} 1 a`],
    ['of an older version', String(gone)],
    ['that names nobody', ''],
    ['that is damaged', 'x'],
  ])('is taken over from a lock %s', async (_, content) => {
    await writeFile(path, content);
    const unlock = lock(path, taken);
    expect(() => lock(path, taken)).toThrow(`taken by ${process.pid}`);
    unlock();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of another machine is taken over once it has given no sign of life for a minute', async () => {
    await writeFile(path, `${process.pid} 1 a node%203`);
    expect(() => lock(path, taken)).toThrow(`taken by ${process.pid} on node 3`);
    const seconds = Date.now() / 1000;
    await utimes(path, seconds, seconds - 55);
    expect(() => lock(path, taken)).toThrow('on node 3');
    await utimes(path, seconds, seconds - 65);
    lock(path, taken)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('gives signs of life while it is held', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const unlock = lock(path, taken);
      const content = await readFile(path, 'utf8');
      await utimes(path, 1, 1);
      vi.advanceTimersByTime(11_000);
      expect((await stat(path)).mtimeMs).toBeGreaterThan(Date.now() - 5_000);
      expect(await readFile(path, 'utf8')).toBe(content);
      unlock();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is taken over where the one who was taking it over died, too', async () => {
    await writeFile(path, `${gone} 1 a`);
    lock(path, taken)();
    // The name of the inner lock comes from the content of the outer one.
    const { createHash } = await import('node:crypto');
    const inner = `${path}.${createHash('sha256').update(`${gone} 1 a`).digest('hex').slice(0, 8)}`;
    await writeFile(path, `${gone} 1 a`);
    await writeFile(inner, `${gone} 1 b`);
    lock(path, taken)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['a free lock', undefined],
    ['a lock that was left behind', `${gone} 1 a`],
  ])('goes to one of many who find %s at the same time', async (_, content) => {
    for (let round = 0; round < 3; round++) {
      await rm(path, { force: true });
      if (content !== undefined) await writeFile(path, content);
      const rivals = Array.from({ length: 6 }, () => rival(Date.now() + 500));
      // All have tried before the first one ends.
      const firstLines = rivals.map(({ child }) => new Promise((resolve) => child.stdout.once('data', resolve)));
      await Promise.all(firstLines);
      for (const { child } of rivals) child.stdin.end();
      const told = await Promise.all(rivals.map(async (each) => (await each.told).trim()));
      expect(told.filter((line) => line === 'got')).toHaveLength(1);
      for (const line of told) expect(line).toMatch(/^got$|^taken by \d+$/);
      expect(existsSync(path)).toBe(true); // whoever had it was ended, and left it
    }
  });
});
