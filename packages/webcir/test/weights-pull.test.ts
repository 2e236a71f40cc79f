// Downloads from servers on this machine that cut, change, lie and refuse.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAiModels } from '../src/weights/catalogue.ts';
import { createClient } from '../src/weights/client.ts';
import { type Downloaded, download } from '../src/weights/download.ts';
import { parseName } from '../src/weights/names.ts';
import { pullWeights } from '../src/weights/pull.ts';
import { sendFile, startServer, type TestServer } from './weights-server.ts';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

/** Numbers in [0, 1), the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function bytesOf(length: number, seed: number): Buffer {
  const next = random(seed);
  return Buffer.from(Array.from({ length }, () => Math.floor(256 * next())));
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const file = bytesOf(300_000, 1);
const other = bytesOf(300_000, 2);
let folder: string;
let path: string;
const servers: TestServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-pull-'));
  path = join(folder, 'model.pt');
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(...handler: Parameters<typeof startServer>): Promise<TestServer> {
  const server = await startServer(...handler);
  servers.push(server);
  return server;
}

const quiet = { received() {}, waiting() {} };

/** Downloads to `path` without waiting between tries. */
async function fetchTo(
  { url }: { url: string },
  source: { sha256?: string } = {},
  client: { patience?: number; endpoint?: string; token?: string } = {},
): Promise<Downloaded> {
  const connection = createClient({ endpoint: 'https://huggingface.co', ...client });
  try {
    return await download(connection, { url: `${url}/model.pt`, ...source }, path, quiet, 1);
  } finally {
    await connection.close();
  }
}

const left = () => readdirSync(folder).sort();
const ranges = ({ requests }: TestServer) => requests.map(({ headers }) => headers.range);

describe('a download goes on', () => {
  it.each([1, 2, 3, 4, 5])('when it is cut at random places (%i)', async (seed) => {
    const next = random(seed);
    const server = await serve((request, response) => {
      const place = Math.floor(next() * 150_000);
      sendFile(request, response, file, { etag: '"one"', cutAfter: next() < 0.2 ? 0 : place });
    });
    expect(await fetchTo(server)).toEqual({ was: 'fetched', bytes: file.length, sha256: sha256(file) });
    expect((await readFile(path)).equals(file)).toBe(true);
    expect(left()).toEqual(['model.pt']);
    expect(server.requests.length).toBeGreaterThan(2);
    for (const { headers } of server.requests.filter(({ headers }) => headers.range)) {
      expect(headers['if-range']).toBe('"one"');
    }
    const starts = ranges(server).map((range) => Number(range?.slice('bytes='.length, -1) ?? 0));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.at(-1)).toBeGreaterThan(0);
  });

  it('when the server says nothing more', async () => {
    const server = await serve((request, response, index) =>
      sendFile(request, response, file, { etag: '"one"', ...(index === 0 ? { stallAfter: 1000 } : {}) }),
    );
    await fetchTo(server, {}, { patience: 1000 });
    expect((await readFile(path)).equals(file)).toBe(true);
    expect(ranges(server)).toEqual([undefined, 'bytes=1000-']);
  });

  it('when the server is busy for a while', async () => {
    const server = await serve((request, response, index) => {
      if (index < 3) response.writeHead([503, 429, 500][index]).end();
      else sendFile(request, response, file);
    });
    await fetchTo(server);
    expect((await readFile(path)).equals(file)).toBe(true);
  });

  it('from its beginning when the server knows no ranges', async () => {
    const server = await serve((request, response, index) =>
      sendFile(request, response, file, {
        etag: '"one"',
        ignoreRange: true,
        ...(index < 3 ? { cutAfter: 100_000 } : {}),
      }),
    );
    await fetchTo(server);
    expect((await readFile(path)).equals(file)).toBe(true);
    expect(server.requests.length).toBe(4);
  });

  it.each([
    ['and the server notices', { etag: '"two"' }],
    ['and the server sends the rest of the new one', { etag: '"two"', ignoreIfRange: true }],
    ['and nothing but its size shows it', { ignoreIfRange: true, length: 299_999 }],
  ])('from its beginning when the file changes, %s', async (_, manners) => {
    const server = await serve((request, response, index) => {
      if (index === 0) sendFile(request, response, file, { etag: '"one"', cutAfter: 100_000 });
      else if (index === 1) sendFile(request, response, other, manners);
      else sendFile(request, response, other, { etag: '"two"' });
    });
    await fetchTo(server);
    expect((await readFile(path)).equals(other)).toBe(true);
    expect(ranges(server)[1]).toBe('bytes=100000-');
    expect(ranges(server)[2]).toBeUndefined();
  });

  it('from its beginning when neither ETag nor checksum would show a change', async () => {
    const server = await serve((request, response, index) =>
      sendFile(request, response, file, index === 0 ? { cutAfter: 100_000 } : {}),
    );
    await fetchTo(server);
    expect(ranges(server)).toEqual([undefined, undefined]);
  });

  it('without an ETag when there is a checksum', async () => {
    const server = await serve((request, response, index) =>
      sendFile(request, response, file, index === 0 ? { etag: 'W/"weak"', cutAfter: 100_000 } : {}),
    );
    await fetchTo(server, { sha256: sha256(file) });
    expect(ranges(server)).toEqual([undefined, 'bytes=100000-']);
    expect(server.requests[1].headers['if-range']).toBeUndefined();
  });

  it('with what an earlier run left, and begins again when that is damaged', async () => {
    const server = await serve((request, response, index) => {
      if (index === 0) sendFile(request, response, file, { etag: '"one"', cutAfter: 100_000 });
      else if (index === 1) response.writeHead(404).end();
      else sendFile(request, response, file, { etag: '"one"' });
    });
    await expect(fetchTo(server, { sha256: sha256(file) })).rejects.toThrow('404');
    expect(left()).toEqual(['model.pt.part', 'model.pt.part.json']);
    const part = await readFile(`${path}.part`);
    part[50] ^= 1;
    await writeFile(`${path}.part`, part);
    await fetchTo(server, { sha256: sha256(file) });
    expect(ranges(server).slice(2)).toEqual(['bytes=100000-', undefined]);
    expect((await readFile(path)).equals(file)).toBe(true);
  });

  it('from its beginning when its pieces turn out to be of two versions', async () => {
    const server = await serve((request, response, index) =>
      index === 0 ? sendFile(request, response, other, { cutAfter: 100_000 }) : sendFile(request, response, file),
    );
    await fetchTo(server, { sha256: sha256(file) });
    expect(ranges(server)).toEqual([undefined, 'bytes=100000-', undefined]);
    expect((await readFile(path)).equals(file)).toBe(true);
  });

  it('with nothing that came from another address', async () => {
    await writeFile(`${path}.part`, other.subarray(0, 1000));
    await writeFile(`${path}.part.json`, JSON.stringify({ url: 'https://example.org/model.pt', etag: '"one"' }));
    const server = await serve((request, response) => sendFile(request, response, file, { etag: '"one"' }));
    await fetchTo(server);
    expect(ranges(server)).toEqual([undefined]);
  });

  it.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'to the right file or to an error, whatever the server does (%i)',
    async (seed) => {
      const next = random(100 + seed);
      const server = await serve((request, response) => {
        const bad = next();
        if (bad < 0.1) return response.writeHead(503).end();
        if (bad < 0.2) return response.writeHead(416).end();
        if (bad < 0.3) return response.destroy();
        sendFile(request, response, next() < 0.5 ? file : other, {
          etag: next() < 0.3 ? undefined : `"${Math.floor(2 * next())}"`,
          ignoreRange: next() < 0.2,
          ignoreIfRange: next() < 0.5,
          cutAfter: Math.floor(next() * 600_000),
          ...(next() < 0.1 ? { length: Math.floor(next() * 600_000) } : {}),
        });
      });
      await fetchTo(server, { sha256: sha256(file) }).catch((error) => expect(error.message).toMatch(/model\.pt/));
      if (existsSync(path)) expect((await readFile(path)).equals(file)).toBe(true);
    },
  );
});

describe('a download ends in one sentence', () => {
  it.each([
    [404, /status 404, there is no such file/],
    [401, /status 401, it asks for a login/],
    [403, /status 403, it asks for a login/],
    [410, /status 410, no file came/],
    [204, /status 204, no file came/],
    [206, /status 206, which was not asked for/],
    [503, /status 503, the server has a problem: try again later, 7 times in a row/],
  ])('for status %i', async (status, message) => {
    const server = await serve((_, response) => response.writeHead(status).end());
    await expect(fetchTo(server)).rejects.toThrow(message);
    expect(left()).toEqual([]);
    expect(server.requests.length).toBe(status === 503 ? 7 : 1);
  });

  it('when the connection is cut again and again at the same place', async () => {
    const server = await serve((request, response, index) =>
      sendFile(request, response, file, { etag: '"one"', cutAfter: index === 0 ? 100_000 : 0 }),
    );
    await expect(fetchTo(server)).rejects.toThrow(
      /7 times in a row; .*model\.pt\.part holds 100\.0 kB of 300\.0 kB: the same command goes on from there/,
    );
    expect(server.requests.length).toBe(8);
    expect(left()).toEqual(['model.pt.part', 'model.pt.part.json']);
  });

  it('when the server promises more than there is', async () => {
    const server = await serve((request, response) => sendFile(request, response, file, { length: 400_000 }));
    await expect(fetchTo(server)).rejects.toThrow(/7 times in a row/);
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['another file', (bytes: Buffer) => sha256(bytes.subarray(1))],
    ['less than the whole file', sha256],
  ])('when what comes is %s', async (what, checksum) => {
    const length = what === 'another file' ? undefined : 299_000;
    const server = await serve((request, response) => sendFile(request, response, file, { length }));
    await expect(fetchTo(server, { sha256: checksum(file) })).rejects.toThrow(/the sha256 of what came .* expected/);
    expect(left()).toEqual([]);
    expect(server.requests.length).toBe(1);
  });

  it.each([
    ['a web page', { 'content-type': 'text/html; charset=utf-8' }, /is a web page, not a file of weights/],
    ['compressed', { 'content-encoding': 'gzip' }, /came compressed \(gzip\)/],
    ['empty', { 'content-length': '0' }, /is empty/],
    [
      'larger than the disk',
      { 'content-length': '1000000000000000' },
      /1000000\.0 GB are needed and [\d.]+ .B are free/,
    ],
  ])('when the answer is %s', async (_, headers, message) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, headers);
      if ('content-length' in headers && headers['content-length'] === '0') response.end();
      else response.write('not weights');
    });
    await expect(fetchTo(server)).rejects.toThrow(message);
    expect(left()).toEqual([]);
  });

  it.each([
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d\n',
      /found a pointer of Git LFS/,
    ],
    ['a web page that says to be weights', '<!doctype html><html>', /expected a file of weights, found a web page/],
    ["the server's message", '{"error":"Entry not found"}', /found a server's message in JSON/],
  ])('when what comes is %s', async (_, text, message) => {
    const server = await serve((request, response) => sendFile(request, response, Buffer.from(text)));
    await expect(fetchTo(server)).rejects.toThrow(message);
    expect(left()).toEqual([]);
    expect(server.requests.length).toBe(1);
  });

  it.each([
    ['in a circle', '/model.pt', /more than 10 redirects/],
    ['to no web address', 'ftp://example.org/model.pt', /redirects to ftp:/],
    ['to plain http elsewhere', 'http://example.invalid/model.pt', /example\.invalid\/model\.pt is not encrypted/],
  ])('when redirects go %s', async (_, location, message) => {
    const server = await serve((_request, response) => response.writeHead(302, { location }).end());
    await expect(fetchTo(server)).rejects.toThrow(message);
    expect(left()).toEqual([]);
  });
});

describe('a file that is there', () => {
  beforeEach(() => writeFile(path, file));

  it('is not asked for when its checksum is known', async () => {
    const server = await serve((request, response) => sendFile(request, response, file));
    expect((await fetchTo(server, { sha256: sha256(file) })).was).toBe('there');
    expect(server.requests.length).toBe(0);
  });

  it('is compared by size without one, and fetched again when it differs', async () => {
    let now = file;
    const server = await serve((request, response) => sendFile(request, response, now));
    expect((await fetchTo(server)).was).toBe('there');
    now = bytesOf(1000, 3);
    expect((await fetchTo(server)).was).toBe('fetched');
    expect((await readFile(path)).equals(now)).toBe(true);
  });

  it('is fetched again when its checksum differs, and kept when that fails', async () => {
    const server = await serve((request, response, index) =>
      index === 0 ? response.writeHead(404).end() : sendFile(request, response, other),
    );
    await expect(fetchTo(server, { sha256: sha256(other) })).rejects.toThrow('404');
    expect((await readFile(path)).equals(file)).toBe(true);
    expect((await fetchTo(server, { sha256: sha256(other) })).was).toBe('fetched');
  });

  it('is fetched to where a link leads, which stays a link', async () => {
    await mkdir(join(folder, 'disk'));
    await rm(path);
    await symlink(join('disk', 'weights.pt'), path);
    const server = await serve((request, response) => sendFile(request, response, file));
    expect((await fetchTo(server)).was).toBe('fetched');
    expect(await readlink(path)).toBe(join('disk', 'weights.pt'));
    expect((await readFile(join(folder, 'disk', 'weights.pt'))).equals(file)).toBe(true);
    await rm(path);
    await symlink('/dev/null', path); // a link, so that a mistake would not replace the device
    await expect(fetchTo(server)).rejects.toThrow(`${path} is no file: choose another folder with --out`);
    expect(await readlink(path)).toBe('/dev/null');
  });

  it('is taken as it is when the server cannot be asked', async () => {
    expect((await fetchTo({ url: await closedUrl() })).was).toBe('unchecked');
  });
});

describe('a Hugging Face repository', () => {
  const token = 'hf_secret';

  /** A hub that keeps small files itself and sends the others to another host, as the real one does. */
  async function hub(files: Record<string, Uint8Array>): Promise<{ hub: TestServer; cdn: TestServer }> {
    const cdn = await serve((request, response) => sendFile(request, response, files[request.url!.slice(1)]));
    const hub = await serve((request, response) => {
      const name =
        /^\/(?:OWNER\/REPO|OTHER\/REPO)\/resolve\/(?:main|refs%2Fpr%2F1)\/(.*)$/.exec(request.url!)?.[1] ?? '';
      const bytes = files[name];
      if (!bytes) response.writeHead(404).end();
      else if (name.endsWith('.json')) sendFile(request, response, bytes, { etag: `"${'a'.repeat(40)}"` });
      else
        response
          .writeHead(302, {
            location: `${cdn.url}/${name}`,
            'x-linked-etag': `"${sha256(files[`${name} etag`] ?? bytes)}"`,
          })
          .end();
    });
    return { hub, cdn };
  }

  const pull = (name: string, { url }: TestServer) =>
    pullWeights(name, { folder, endpoint: url, token, follow: () => ({ ...quiet, finish() {} }) });

  it('gives its weights with their configuration, open_clip before transformers', async () => {
    const config = Buffer.from('{"quick_gelu":true}');
    const { hub: server, cdn } = await hub({
      'open_clip_model.safetensors': file,
      'open_clip_config.json': config,
      'model.safetensors': other,
      'config.json': Buffer.from('{}'),
    });
    const weights = await pull('OWNER/REPO', server);
    expect(weights).toBe(join(folder, 'OWNER/REPO/open_clip_model.safetensors'));
    expect((await readFile(weights)).equals(file)).toBe(true);
    expect(readdirSync(join(folder, 'OWNER/REPO')).sort()).toEqual([
      'config.json',
      'open_clip_config.json',
      'open_clip_model.safetensors',
    ]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill('Bearer hf_secret'));
    expect(cdn.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await pull('hf:OWNER/REPO', server);
    expect((await readFile(weights)).equals(file)).toBe(true);
  });

  it('gives its shards, or one file, of any revision', async () => {
    const index = { weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors', c: 'model-1.safetensors' } };
    const { hub: server } = await hub({
      'model.safetensors.index.json': Buffer.from(JSON.stringify(index)),
      'model-1.safetensors': file,
      'model-2.safetensors': other,
      'sub/tuned.pt': other,
    });
    expect(await pull('OWNER/REPO@refs/pr/1', server)).toMatch(/OWNER.REPO@refs-pr-1.model\.safetensors\.index\.json$/);
    expect((await readFile(join(folder, 'OWNER/REPO@refs-pr-1/model-2.safetensors'))).equals(other)).toBe(true);
    expect((await readFile(await pull('OWNER/REPO/sub/tuned.pt', server))).equals(other)).toBe(true);
  });

  it('gives the tokenizer of SigLIP, and no other, and what says how images are prepared', async () => {
    const files = {
      'model.safetensors': file,
      'config.json': Buffer.from('{"model_type":"siglip"}'),
      'preprocessor_config.json': Buffer.from('{"image_mean":[0.5,0.5,0.5]}'),
      'tokenizer.json': Buffer.from('{}'),
      'sub/model.bin': file,
      'sub/config.json': Buffer.from('{"model_type":"clip"}'),
      'sub/tokenizer.json': Buffer.from('{}'),
    };
    const { hub: server } = await hub(files);
    await pull('OWNER/REPO', server);
    await pull('OWNER/REPO/sub/model.bin', server);
    expect(readdirSync(join(folder, 'OWNER/REPO'), { recursive: true }).sort()).toEqual(
      ['sub', ...Object.keys(files).filter((name) => name !== 'sub/tokenizer.json')].sort(),
    );
  });

  it('is checked against the checksum that the hub tells', async () => {
    const { hub: server } = await hub({ 'model.safetensors': file, 'model.safetensors etag': other });
    await expect(pull('OWNER/REPO', server)).rejects.toThrow(/the sha256 of what came/);
  });

  it('ends in one sentence when there are no weights, no file of that name, or shards elsewhere', async () => {
    const { hub: server } = await hub({
      'model.safetensors.index.json': Buffer.from('{"weight_map":{"a":"../../elsewhere.safetensors"}}'),
    });
    await expect(pull('OTHER/NOTHING', server)).rejects.toThrow(/there is no open_clip_model\.safetensors, model/);
    await expect(pull('OWNER/REPO/no.pt', server)).rejects.toThrow(/no\.pt: status 404/);
    await expect(pull('OWNER/REPO', server)).rejects.toThrow(/found \.\.\/\.\.\/elsewhere/);
    const locked = await serve((_, response) => response.writeHead(401).end());
    await expect(pull('OWNER/REPO', locked)).rejects.toThrow(/does not exist, or asks for a login.*HF_TOKEN/);
  });
});

describe('names', () => {
  it('of OpenAI have a checksum, which is part of the address', () => {
    expect(Object.keys(openAiModels).length).toBe(9);
    expect(parseName('ViT-L/14@336px')).toEqual({
      url:
        'https://openaipublic.azureedge.net/clip/models/' +
        '3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02/ViT-L-14-336px.pt',
      path: 'ViT-L-14-336px.pt',
      sha256: '3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02',
      copy: 'timm/vit_large_patch14_clip_336.openai',
    });
    for (const { sha256 } of Object.values(openAiModels)) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('of the catalogue are taken in upper or lower case', () => {
    expect(parseName('vit-l/14@336PX')).toEqual(parseName('ViT-L/14@336px'));
    expect(parseName('baai/bge-vl-base')).toMatchObject({ repository: 'BAAI/BGE-VL-base', folder: 'BAAI/BGE-VL-base' });
  });

  it.each([
    ['RN50x5', undefined, /no weights have this name. Expected a name that webcir models lists/],
    ['clip4cir', undefined, /Google Drive/],
    ['fiq_clip_RN50x4_fullft.pt', undefined, /Google Drive/],
    ['OWNER/REPO/../../etc/passwd', undefined, /no weights have this name/],
    ['https://example.org/', undefined, /must end in the name of a file/],
    ['https://example.org/..%2Fx.pt', undefined, /must end in the name of a file/],
    ['RN50x4', 'f'.repeat(64), /is not the checksum of OpenAI's RN50x4/],
    ['OWNER/REPO', 'f'.repeat(64), /leave it out/],
  ])('such as %s are refused', (name, checksum, message) => {
    expect(() => parseName(name, checksum)).toThrow(message);
  });
});

async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe('webcir weights pull', () => {
  const environment = (more: Record<string, string> = {}) => ({
    PATH: process.env.PATH,
    HOME: folder,
    WEBCIR_CACHE: join(folder, 'cache'),
    NO_COLOR: '1',
    ...more,
  });
  const webcir = (args: string[], more?: Record<string, string>) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [cli, ...args], { env: environment(more) }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });

  it('says where the weights are and what to type next', async () => {
    const server = await serve((request, response) => sendFile(request, response, file));
    const target = join(folder, 'cache', 'weights', 'model.pt');
    const { code, stdout, stderr } = await webcir(['weights', 'pull', `${server.url}/model.pt`]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain(`✓ model.pt  300.0 kB  sha256 ${sha256(file)}`);
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([target, `Next: webcir weights inspect ${target}`]);
    const again = await webcir(['weights', 'pull', `${server.url}/model.pt`, '--sha256', sha256(file)]);
    expect(again.stdout).toContain('is there already');
    expect(server.requests.length).toBe(1);
  });

  it('that was killed goes on where it was', async () => {
    const server = await serve((request, response, index) =>
      sendFile(request, response, file, { etag: '"one"', ...(index === 0 ? { stallAfter: 200_000 } : {}) }),
    );
    const args = ['weights', 'pull', `${server.url}/model.pt`, '--out', folder];
    await killWhen(args, () => existsSync(`${path}.part`) && statSync(`${path}.part`).size === 200_000);
    expect(existsSync(path)).toBe(false);
    const { code } = await webcir(args);
    expect(code).toBe(0);
    expect((await readFile(path)).equals(file)).toBe(true);
    expect(ranges(server)).toEqual([undefined, 'bytes=200000-']);
    expect(left()).toEqual(['model.pt']);
  });

  it('fails while another process fetches the same file, which it leaves alone', async () => {
    let goOn = () => {};
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': file.length }).write(file.subarray(0, 200_000));
      goOn = () => response.end(file.subarray(200_000));
    });
    const args = ['weights', 'pull', `${server.url}/model.pt`, '--out', folder];
    const first = webcir(args);
    await vi.waitFor(() => expect(statSync(`${path}.part`).size).toBe(200_000), 10_000);
    const { code, stderr } = await webcir(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: model\.pt is being fetched by process \d+: wait for it, or delete .*model\.pt\.part\.lock/,
    );
    goOn();
    expect((await first).code).toBe(0);
    expect((await readFile(path)).equals(file)).toBe(true);
    expect(left()).toEqual(['model.pt']);
    expect(server.requests.length).toBe(1);
  });

  it('takes HF_ENDPOINT and HF_TOKEN', async () => {
    const server = await serve((request, response) =>
      request.url === '/OWNER/REPO/resolve/main/model.safetensors'
        ? sendFile(request, response, file, { etag: `"${sha256(file)}"` })
        : response.writeHead(404).end(),
    );
    const { code, stdout } = await webcir(['weights', 'pull', 'OWNER/REPO', '--out', folder], {
      HF_ENDPOINT: `${server.url}/`,
      HF_TOKEN: 'hf_secret',
    });
    expect(code).toBe(0);
    expect(stdout).toContain(join(folder, 'OWNER/REPO/model.safetensors'));
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(5).fill('Bearer hf_secret'));
  });

  it('goes through a proxy', async () => {
    const server = await serve((request, response) => sendFile(request, response, file));
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      tunnels.push(request.url!);
      const to = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        to.pipe(socket).pipe(to);
      });
      for (const end of [to, socket]) end.on('error', () => {});
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const { code } = await webcir(
      ['weights', 'pull', 'http://example.invalid/model.pt', '--sha256', sha256(file), '--out', folder],
      { HTTP_PROXY: `http://127.0.0.1:${port}` },
    );
    proxy.close();
    expect(code).toBe(0);
    expect(tunnels).toEqual(['example.invalid:80']);
    expect((await readFile(path)).equals(file)).toBe(true);
  });

  it('says what to do when it is offline', async () => {
    const out = join(folder, 'with space');
    await mkdir(out);
    const { code, stderr } = await webcir(['weights', 'pull', 'RN50x4', '--out', out], {
      HTTPS_PROXY: await closedUrl(),
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: openaipublic\.azureedge\.net cannot be reached \(ECONNREFUSED\); download https:/);
    expect(stderr).toContain(`put it at ${join(out, 'RN50x4.pt')}`);
    expect(stderr).toContain('webcir weights pull timm/resnet50x4_clip.openai');
    expect(stderr.trimEnd().split('\n').length).toBe(1);
    expect(readdirSync(out)).toEqual([]);
  });

  it.each([
    [['no-such-model'], /no weights have this name/],
    [['https://example.org/x.pt', '--sha256', 'abc'], /expected 64 hexadecimal digits/],
    [['http://example.invalid/x.pt'], /is not encrypted/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await webcir(['weights', 'pull', ...args]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  function killWhen(args: string[], reached: () => boolean): Promise<void> {
    const child = spawn(process.execPath, [cli, ...args], { env: environment(), stdio: 'ignore' });
    const timer = setInterval(() => reached() && child.kill('SIGKILL'), 10);
    return new Promise((resolve) => child.on('exit', () => resolve(clearInterval(timer))));
  }
});
