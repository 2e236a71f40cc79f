// `webcir index` and `webcir serve`, as built, asked by curl and by OpenAI's own client; and docs/serve.md as it stands.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf } from './docs-blocks.ts';
import { writePhotos } from './photos.ts';
import { cli, environmentIn, runIn } from './run-cli.ts';

const run = promisify(execFile);
type Served = Awaited<ReturnType<typeof serve>>;
let folder: string;
/** What tests ask that do not stop it or write into its store. */
let shared: Served;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-serve-'));
  await writePhotos(join(folder, 'photos'), 12, (i) => `${i}.png`);
  const { code, stdout } = await runIn(folder, cli, 'index', 'photos', '--no-autotune');
  expect([code, stdout]).toEqual([0, expect.stringContaining('12 in webcir-store, ')]);
  await cp(join(folder, 'webcir-store'), join(folder, 'written'), { recursive: true }); // before anything locks it
  // What the examples of the guide import.
  const packages = fileURLToPath(new URL('../node_modules/', import.meta.url));
  await mkdir(join(folder, 'node_modules/@webcir'), { recursive: true });
  for (const name of ['openai', '@webcir/serve'])
    await symlink(join(packages, name), join(folder, 'node_modules', name));
  await symlink(join(packages, '..'), join(folder, 'node_modules/webcir'));
  shared = await serve('--model-name', 'small');
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Starts the command. */
async function serve(...options: string[]) {
  const args = [cli, 'serve', '--port', '0', '--no-autotune', ...options];
  const child = spawn(process.execPath, args, { env: environmentIn(folder), cwd: folder });
  children.push(child);
  const output = { text: '' };
  child.stdout.on('data', (text) => (output.text += text));
  child.stderr.on('data', (text) => (output.text += text));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const found = /"address":"(.*?)"/.exec(output.text);
      if (found) resolve(found[1]);
    });
    ended.then((code) => reject(new Error(`ended with ${code}: ${output.text}`)));
  });
  return { child, address, ended, output };
}

const curl = async (...args: string[]) => (await run('curl', ['-sS', ...args], { cwd: folder })).stdout;

describe('webcir serve', () => {
  it("is understood by OpenAI's client, errors and all", async () => {
    const { address } = shared;
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: 'none', maxRetries: 0 });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['small']);
    const input = ['a red dress', 'has long sleeves'];
    const asBase64 = await client.embeddings.create({ model: 'small', input }); // what the client asks for by itself
    const asFloats = await client.embeddings.create({ model: 'small', input, encoding_format: 'float' });
    expect(asBase64.data).toHaveLength(2);
    for (const [i, { embedding }] of asBase64.data.entries()) {
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
      expect(Math.max(...embedding.map((value, at) => Math.abs(value - asFloats.data[i].embedding[at])))).toBeLessThan(
        1e-6,
      );
    }
    expect(asBase64.usage.prompt_tokens).toBeGreaterThan(6);
    const wrong = await client.embeddings.create({ model: 'large', input }).catch((error) => error);
    expect(wrong).toBeInstanceOf(APIError);
    expect([wrong.status, wrong.code, wrong.param]).toEqual([404, 'model_not_found', 'model']);
    const long = await client.embeddings.create({ model: 'small', input: ['a', 'long '.repeat(100)] }).catch((e) => e);
    expect([long.status, long.code, long.param]).toEqual([400, 'invalid_query', 'input[1]']);
  });

  it('finds by a picture and words what webcir search finds', async () => {
    const { address } = shared;
    const search = `${address}/v1/galleries/webcir-store/search`;
    const { data } = JSON.parse(await curl(search, '-F', 'image=@photos/4.png', '-F', 'text=is darker', '-F', 'k=3'));
    const byId = JSON.parse(await curl(search, '--json', '{"image": "4.png", "text": "is darker", "k": 3}'));
    expect(byId.data.map(({ id }: { id: string }) => id)).toEqual(data.map(({ id }: { id: string }) => id));
    const words = ['search', 'webcir-store', '--image', 'photos/4.png', '--text', 'is darker', '-k', '3', '--json'];
    const { stdout } = await runIn(folder, cli, ...words, '--no-autotune');
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(data.map(({ id }: { id: string }) => id)).toEqual(found.map(({ id }) => id));
    for (const [i, { score }] of found.entries()) expect(data[i].score).toBeCloseTo(score, 4);
  });

  it('loses nothing that it acknowledged when it is told to stop, and says so in its log', async () => {
    const { address, child, ended, output } = await serve('--store', 'written');
    const image = (await readFile(join(folder, 'photos/1.png'))).toString('base64');
    const acknowledged: string[] = [];
    const write = async (worker: number) => {
      for (let i = 0; ; i++) {
        const answer = await fetch(`${address}/v1/galleries/written/items`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ items: [{ id: `${worker} ${i}`, data: image }] }),
        }).catch(() => undefined);
        if (answer?.status !== 200) return;
        acknowledged.push(...(await answer.json()).stored);
      }
    };
    const writers = [1, 2, 3, 4].map(write);
    await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(20);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    await Promise.all(writers);
    const lines = output.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1).message).toBe('stopped');
    expect(lines.find(({ path }) => path?.endsWith('/items'))).toMatchObject({ method: 'POST', status: 200 });
    const after = await serve('--store', 'written', '--read-only');
    const [gallery] = JSON.parse(await curl(`${after.address}/v1/galleries`)).data;
    expect(gallery.images).toBeGreaterThanOrEqual(12 + acknowledged.length);
    const ids = acknowledged.map((id) => `id=${encodeURIComponent(id)}`);
    for (let start = 0; start < ids.length; start += 100) {
      const some = ids.slice(start, start + 100);
      const url = `${after.address}/v1/galleries/written/items?${some.join('&')}`;
      expect(JSON.parse(await curl(url)).data).toHaveLength(some.length);
    }
  });

  it('waits for what is under way when it is told to stop, and does not when it is told again', async () => {
    const { address, child, ended, output } = await serve('--no-store');
    const { hostname, port } = new URL(address);
    const slow = connect(Number(port), hostname);
    slow.on('error', () => {});
    const head = 'POST /v1/embeddings HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
    slow.write(`${head}content-length: 100\r\n\r\n{`); // and never the rest
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill('SIGINT');
    await expect.poll(() => output.text).toContain('stopping');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(child.exitCode).toBe(null);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });

  it('shows a folder of files at its front, and nothing beside them', async () => {
    await mkdir(join(folder, 'site'));
    await writeFile(join(folder, 'site/index.html'), '<h1>our shop</h1>');
    await writeFile(join(folder, 'secret.txt'), 'secret');
    const { address } = await serve('--no-store', '--front-page', 'site');
    expect(await curl(`${address}/`)).toBe('<h1>our shop</h1>');
    for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/..%5csecret.txt'])
      expect(await curl('--path-as-is', '-w', '%{http_code}', `${address}${path}`), path).not.toContain('secret');
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', `${address}/v1/models`)).toBe('200');
    const none = await runIn(folder, cli, 'serve', '--no-store', '--front-page', 'sight', '--no-autotune');
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining('sight: expected a folder with an index.html'),
    ]);
  });

  it('does not start where others can reach it without keys, or without a store', async () => {
    const open = await runIn(folder, cli, 'serve', '--host', '0.0.0.0', '--port', '0', '--no-autotune');
    expect([open.code, open.stderr]).toEqual([1, expect.stringContaining('give the service API keys')]);
    const none = await runIn(join(folder, 'photos'), cli, 'serve', '--no-autotune');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('webcir-store: there is no store here')]);
    await writeFile(join(folder, 'keys.txt'), '# ours\na-key-that-nobody-guesses\n');
    const { address } = await serve('--no-store', '--host', '0.0.0.0', '--api-key-file', 'keys.txt');
    const port = new URL(address).port;
    const status = (...args: string[]) =>
      curl('-o', '/dev/null', '-w', '%{http_code}', ...args, `http://127.0.0.1:${port}/v1/models`);
    expect(await status()).toBe('401');
    expect(await status('-H', 'Authorization: Bearer a-key-that-nobody-guesses')).toBe('200');
  });
});

describe('docs/serve.md', () => {
  it('says what works', async () => {
    const blocks = await blocksOf('serve.md');
    const { address, child, ended } = shared;
    const here = (code: string) => code.replaceAll('http://localhost:8000', address);
    const curls = blocks.filter(({ language, code }) => language === 'sh' && /^curl/m.test(code));
    expect(curls.length).toBeGreaterThan(2);
    for (const { code } of curls) {
      const script = `set -e\n${here(code).replace(/^curl/gm, 'curl -sS --fail-with-body')}`;
      await run('bash', ['-c', script], { cwd: folder });
    }
    const scripts = blocks.filter(({ language }) => language === 'js');
    expect(scripts).toHaveLength(2);
    for (const [i, { code }] of scripts.entries()) {
      await writeFile(join(folder, `block${i}.mjs`), here(code));
      const { stdout, stderr, code: status } = await runIn(folder, `block${i}.mjs`);
      expect(status, stderr).toBe(0);
      expect(stdout).toBe([...code.matchAll(/\/\/ → (.*)$/gm)].map(([, shown]) => `${shown}\n`).join(''));
    }
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });
});
