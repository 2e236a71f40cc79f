import { Validator } from '@seriousme/openapi-schema-validator';
import { DeviceLostError } from '@webcir/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../src/keys.ts';
import { responseSchemas } from '../src/schemas.ts';
import { dim, png, stubModels, stubService, stubStore } from './stub.ts';

type Stubbed = Awaited<ReturnType<typeof stubService>>;
let stub: Stubbed;
beforeAll(async () => {
  stub = await stubService({ limits: { items: 8, pixels: 10_000, bodyBytes: 200_000 } });
});
afterAll(() => stub.service.close());

const red = async () => base64(await png(255, 0, 0));
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const errorOf = ({ status, body }: { status: number; body: { error?: { code: string; param: string } } }) => [
  status,
  body.error?.code,
  body.error?.param,
];

describe('POST /v1/embeddings', () => {
  it('gives one embedding for each text, image, and query of both', async () => {
    const image = await red();
    const input = ['red', { text: 'green' }, { image }, { image: `data:image/png;base64,${image}`, text: 'longer' }];
    const { status, body } = await stub.post('/v1/embeddings', { model: 'stub', input });
    expect(status).toBe(200);
    expect(responseSchemas.Embeddings.parse(body)).toEqual(body);
    const axisOf = (...at: number[]) =>
      Array.from({ length: dim }, (_, i) => (at.includes(i) ? expect.closeTo(1 / Math.sqrt(at.length), 5) : 0));
    expect(body.data.map(({ embedding }: { embedding: number[] }) => embedding)).toEqual([
      axisOf(0),
      axisOf(1),
      axisOf(0),
      axisOf(0, 3),
    ]);
    expect(body.data.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3]);
    expect(body.usage).toEqual({ prompt_tokens: 3 + 3 + 1 + 4, total_tokens: 11 });
  });

  it('gives base64 of float32 to those that ask for it', async () => {
    const { body } = await stub.post('/v1/embeddings', { input: 'red', encoding_format: 'base64' });
    const bytes = Buffer.from(body.data[0].embedding, 'base64');
    const values = new Float32Array(new Uint8Array(bytes).buffer);
    expect(Array.from(values)).toEqual(Array.from({ length: dim }, (_, i) => (i === 0 ? 1 : 0)));
  });

  it.each([
    [{ input: [] }, 400, 'invalid_request', 'input'],
    [{ input: ['red', ''] }, 400, 'invalid_request', 'input[1]'],
    [{ input: ['red', {}] }, 400, 'invalid_request', 'input[1]'],
    [{ input: ['red', { text: 'red', words: 1 }] }, 400, 'invalid_request', 'input[1]'],
    [{ input: [[1, 2, 3]] }, 400, 'invalid_request', 'input[0]'],
    [{ input: Array(9).fill('red') }, 400, 'invalid_request', 'input'],
    [{ input: 'x'.repeat(2001) }, 400, 'invalid_request', 'input'],
    [{ input: 'red', model: 'another' }, 404, 'model_not_found', 'model'],
    [{ input: 'red', dimensions: 3 }, 400, 'invalid_dimensions', 'dimensions'],
    [{ input: ['red', 'too long'] }, 400, 'invalid_query', 'input[1]'],
    [{ input: [{ image: 'not base64!' }] }, 400, 'invalid_image', 'input[0].image'],
    [{ input: [{ image: Buffer.from('no image').toString('base64') }] }, 400, 'invalid_image', 'input[0].image'],
    [{ input: [{ image: 'http://images.test/a.png' }] }, 400, 'remote_images_off', null],
  ])('refuses %j', async (body, status, code, param) => {
    const answer = await stub.post('/v1/embeddings', body);
    expect(errorOf(answer)).toEqual([status, code, param]);
    expect(responseSchemas.Error.parse(answer.body)).toEqual(answer.body);
  });

  it('does not let a wrong query fail those that it is encoded with', async () => {
    const texts = ['red', 'too long', 'green', 'blue'];
    const answers = await Promise.all(texts.map((input) => stub.post('/v1/embeddings', { input })));
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200, 200]);
    expect(stub.models.batches).toContain(4);
  });
});

describe('limits', () => {
  it('refuses a picture by its header, whatever its bytes', async () => {
    const image = base64(await png(255, 0, 0, 101));
    const answer = await stub.post('/v1/embeddings', { input: [{ image }] });
    expect(errorOf(answer)).toEqual([400, 'invalid_image', 'input[0].image']);
    expect(answer.body.error.message).toContain('it has 101 x 101 pixels, more than the 10000 that are taken here');
  });

  it('refuses drawings and documents', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
    const answer = await stub.post('/v1/embeddings', { input: [{ image: Buffer.from(svg).toString('base64') }] });
    expect(answer.body.error.message).toContain('it is svg, which is not taken here');
  });

  it('refuses bodies that are too large, with and without a length', async () => {
    const body = JSON.stringify({ input: 'x'.repeat(200_000) });
    const headers = { 'content-type': 'application/json' };
    const sized = await stub.ask('POST', '/v1/embeddings', Buffer.from(body), {
      ...headers,
      'content-length': String(body.length),
    });
    expect(errorOf(sized)).toEqual([413, 'body_too_large', null]);
    const unsized = await stub.ask('POST', '/v1/embeddings', Buffer.from(body), headers);
    expect(errorOf(unsized)).toEqual([413, 'body_too_large', null]);
  });

  it('refuses what is no JSON, too deep, or of another type', async () => {
    const send = (text: string, type = 'application/json') =>
      stub.ask('POST', '/v1/embeddings', Buffer.from(text), { 'content-type': type });
    expect(errorOf(await send('{"input": '))).toEqual([400, 'invalid_json', null]);
    expect(errorOf(await send(`{"input": ${'['.repeat(90_000)}`))).toEqual([400, 'invalid_json', null]);
    expect(errorOf(await send(`{"input": "${'['.repeat(40)}\\"${'['.repeat(40)}"}`))).toEqual([
      200,
      undefined,
      undefined,
    ]);
    expect(errorOf(await send('{"input": "red"}', 'text/plain'))).toEqual([400, 'unsupported_content_type', null]);
  });

  it('answers 429 and when to come again, where too many wait or are under way', async () => {
    const busy = await stubService({ limits: { requests: 4, waiting: 2, batch: 1 } });
    let release = () => {};
    busy.models.before = () => new Promise((resolve) => (release = resolve));
    const asked = Array.from({ length: 6 }, () => busy.post('/v1/embeddings', { input: 'red' }));
    const refused = await Promise.race([asked[5], asked[4]]);
    expect(errorOf(refused)).toEqual([429, 'too_many_requests', null]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    busy.models.before = async () => {};
    release();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(2);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(2);
    await busy.service.close();
  });
});

describe('a gallery', () => {
  const search = (body: unknown) => stub.post('/v1/galleries/photos/search', body);
  const found = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id);

  it('is searched by ids, images, features and words', async () => {
    const image = await red();
    const answer = await search({ image: { data: image }, text: 'longer', k: 2 });
    expect(responseSchemas.Found.parse(answer.body)).toEqual(answer.body);
    expect(answer.body.data.map(({ rank }: { rank: number }) => rank)).toEqual([1, 2]);
    expect(found(answer).sort()).toEqual(['longer', 'red']);
    expect(answer.body.data[0].metadata).toHaveProperty('name');
    expect(found(await search({ text: 'blue', k: 1 }))).toEqual(['blue']);
    expect(found(await search({ image: 'red', text: 'longer', k: 2 })).sort()).toEqual(['longer', 'red']);
    expect(found(await search({ image: { id: 'red' }, k: 6 }))).not.toContain('red'); // what is like it, without itself
    const feature = Array.from({ length: dim }, (_, i) => (i === 4 ? 2 : 0));
    expect(found(await search({ image: [{ feature }, { id: 'dark', weight: 2 }], k: 6 }))[0]).toBe('shorter');
  });

  it('takes all that a query of a store takes', async () => {
    const ids = async (wishes: object) => found(await search({ text: 'red green', k: 6, ...wishes }));
    expect(await ids({ filter: { row: { gte: 4 } } })).toEqual(expect.arrayContaining(['shorter', 'dark']));
    expect(await ids({ filter: [{ name: 'red' }, { name: 'dark' }] })).toEqual(['red', 'dark']);
    expect(await ids({ candidates: ['green', 'blue', 'none'] })).toEqual(['green', 'blue']);
    expect(await ids({ exclude: ['red'] })).not.toContain('red');
    expect((await ids({ minScore: 0.5 })).sort()).toEqual(['green', 'red']);
    expect(await ids({ offset: 1, k: 1 })).toEqual([(await ids({}))[1]]);
    expect(await ids({ distinct: -0.5 })).toHaveLength(1);
    expect((await search({ text: 'red', offset: 2, k: 1 })).body.data[0].rank).toBe(3);
  });

  it('takes a form with files, as curl sends it', async () => {
    const form = new FormData();
    form.append('image', new Blob([await png(0, 255, 0)], { type: 'image/png' }), 'green.png');
    form.append('text', 'dark');
    form.append('k', '2');
    form.append('filter', '{"row": {"gt": 1}}');
    const answer = await stub.ask('POST', '/v1/galleries/photos/search', form);
    expect(answer.body.data[0].id).toBe('dark');
    expect(answer.body.data).toHaveLength(2);
  });

  it.each([
    [{}, 400, 'invalid_request', null],
    [{ text: 'red', k: 0 }, 400, 'invalid_request', 'k'],
    [{ text: 'red', k: 129 }, 400, 'invalid_request', 'k'],
    [{ text: 'red', offset: 10_001 }, 400, 'invalid_request', 'offset'],
    [{ image: 'none' }, 400, 'unknown_id', 'image[0]'],
    [{ image: { id: 'red', feature: [1] } }, 400, 'invalid_request', 'image'],
    [{ text: 'red', filter: { row: { above: 3 } } }, 400, 'invalid_request', null],
    [{ text: 'red', distinct: -1 }, 400, 'invalid_request', 'distinct'],
    [{ text: 'red', candidates: Array(10_001).fill('x') }, 400, 'invalid_request', 'candidates'],
  ])('refuses %j', async (body, status, code, param) => {
    expect(errorOf(await search(body))).toEqual([status, code, param]);
  });

  it('stores, reads and deletes images', async () => {
    const path = '/v1/galleries/photos/items';
    const image = await red();
    const items = [
      { id: 'new/ä.png', data: image, metadata: { price: 3 } },
      { id: 'by feature', feature: Array(dim).fill(0.5) },
    ];
    const stored = await stub.post(path, { items });
    expect(stored.body).toEqual({ object: 'list', stored: ['new/ä.png', 'by feature'] });
    const read = await stub.ask('GET', `${path}?id=${encodeURIComponent('new/ä.png')}&id=none&features=true`);
    expect(read.body.data).toEqual([{ id: 'new/ä.png', metadata: { price: 3 }, feature: expect.any(Array) }]);
    expect(read.body.data[0].feature.slice(0, 4)).toEqual([1, 0, 0, 0]);
    const bytes = await png(0, 0, 255);
    const put = await stub.ask('PUT', `${path}/${encodeURIComponent('new/ä.png')}`, bytes, {
      'content-type': 'image/png',
    });
    expect(put.body.stored).toEqual(['new/ä.png']);
    const again = await stub.ask('GET', `${path}?id=${encodeURIComponent('new/ä.png')}&features=true`);
    expect(again.body.data[0].feature.slice(0, 4)).toEqual([0, 0, 1, 0]);
    const form = new FormData();
    form.append('image', new Blob([bytes]), 'form.png');
    expect((await stub.ask('POST', path, form)).body.stored).toEqual(['form.png']);
    const gone = await stub.ask('DELETE', `${path}?id=form.png&id=by%20feature&id=new%2F%C3%A4.png&id=none`);
    expect(gone.body).toEqual({ deleted: 3 });
    expect((await stub.ask('GET', '/v1/galleries/photos')).body.images).toBe(6);
  });

  it.each([
    [{ items: [{ id: 'a' }] }, 400, 'invalid_request', 'items[0]'],
    [{ items: [{ id: '', feature: [1] }] }, 400, 'invalid_request', 'items[0].id'],
    [{ items: [{ id: 'a', feature: [1, 2] }] }, 400, 'invalid_feature', 'items[0].feature'],
    [
      { items: [{ id: 'a', feature: Array(22).fill(1), metadata: { a: 'x'.repeat(70_000) } }] },
      400,
      'invalid_request',
      'items[0].metadata',
    ],
    [{ items: [{ id: '\ud800', feature: Array(22).fill(1) }] }, 400, 'invalid_query', 'items[0]'],
    [
      {
        items: [
          { id: 'ok', feature: Array(22).fill(1) },
          { id: 'cut', data: 'AAAA' },
        ],
      },
      400,
      'invalid_image',
      'items[1].data',
    ],
  ])('refuses to store %j, all of it', async (body, status, code, param) => {
    expect(errorOf(await stub.post('/v1/galleries/photos/items', body))).toEqual([status, code, param]);
    expect((await stub.ask('GET', '/v1/galleries/photos/items?id=ok')).body.data).toEqual([]);
  });

  it('that is read-only is not written to', async () => {
    const galleries = new Map([['fixed', { store: await stubStore(), readOnly: true }]]);
    const { ask, post, service } = await stubService({ galleries });
    const items = [{ id: 'a', feature: Array(dim).fill(1) }];
    expect(errorOf(await post('/v1/galleries/fixed/items', { items }))).toEqual([403, 'read_only', null]);
    expect(errorOf(await ask('DELETE', '/v1/galleries/fixed/items?id=red'))).toEqual([403, 'read_only', null]);
    await service.close();
  });

  it('that is not there is not looked for on the disk', async () => {
    for (const name of ['none', '..', '%2e%2e', '..%2f..%2fetc', '%00'])
      expect((await stub.ask('GET', `/v1/galleries/${name}`)).status, name).toBe(404);
    const galleries = new Map([['../etc', { store: await stubStore() }]]);
    await expect(stubService({ galleries })).rejects.toThrow('expected a name of letters, digits, - and _');
  });
});

describe('who may ask', () => {
  const key = 'a-key-that-nobody-guesses';

  it('those that have a key, where there are keys', async () => {
    const { ask, service } = await stubService({ keys: new ApiKeys(['another-key-of-somebody', key]) });
    const status = async (authorization?: string) =>
      (await ask('GET', '/v1/models', undefined, authorization === undefined ? {} : { authorization })).status;
    expect(await status()).toBe(401);
    expect(await status(`Bearer ${key}x`)).toBe(401);
    expect(await status(key)).toBe(401);
    expect(await status(`Bearer ${key}`)).toBe(200);
    const paths = ['/v1/galleries', '/metrics', '/health', '/ready', '/openapi.json', '/'];
    expect(await Promise.all(paths.map(async (path) => (await ask('GET', path)).status))).toEqual([
      401, 401, 200, 200, 200, 200,
    ]);
    await service.close();
  });

  it('no key that can be guessed', () => {
    expect(() => new ApiKeys(['short'])).toThrow('16 or more printable characters');
    expect(() => new ApiKeys(['with blanks in it, which no header holds'])).toThrow(RangeError);
  });

  it('without keys, this machine, and no page of another site', async () => {
    const status = async (headers: Record<string, string>) =>
      (await stub.ask('GET', '/v1/models', undefined, headers)).status;
    expect(await status({ host: '127.0.0.1:8000' })).toBe(200);
    expect(await status({ host: '[::1]:8000' })).toBe(200);
    expect(await status({ host: 'rebound.example.com' })).toBe(403);
    expect(await status({ host: 'localhost:8000', origin: 'http://localhost:8000' })).toBe(200);
    expect(await status({ host: 'localhost:8000', origin: 'https://elsewhere.example.com' })).toBe(403);
  });

  it('pages of the sites that are named, and of no other', async () => {
    const { ask, service } = await stubService({ origins: ['https://shop.example.com'] });
    const allowed = async (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'POST' };
      const { headers: answered } = await ask('OPTIONS', '/v1/embeddings', undefined, headers);
      return answered.get('access-control-allow-origin');
    };
    expect(await allowed('https://shop.example.com')).toBe('https://shop.example.com');
    expect(await allowed('https://elsewhere.example.com')).toBeNull();
    expect((await stub.ask('OPTIONS', '/v1/embeddings')).headers.get('access-control-allow-origin')).toBeNull();
    await service.close();
  });
});

describe('what tells of the service', () => {
  it('is an OpenAPI document that is valid, and has every route', async () => {
    const { body: document } = await stub.ask('GET', '/openapi.json');
    const { valid, errors } = await new Validator().validate(document);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    const routes = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toEqual([
      'delete /v1/galleries/{gallery}/items',
      'get /health',
      'get /metrics',
      'get /ready',
      'get /v1/galleries',
      'get /v1/galleries/{gallery}',
      'get /v1/galleries/{gallery}/items',
      'get /v1/models',
      'post /v1/embeddings',
      'post /v1/galleries/{gallery}/items',
      'post /v1/galleries/{gallery}/search',
      'put /v1/galleries/{gallery}/items/{id}',
    ]);
  });

  it('has models and galleries in the shape that the document says', async () => {
    const { body: models } = await stub.ask('GET', '/v1/models');
    expect(responseSchemas.Models.parse(models).data[0].id).toBe('stub');
    const { body: galleries } = await stub.ask('GET', '/v1/galleries');
    expect(responseSchemas.Galleries.parse(galleries).data[0]).toMatchObject({ id: 'photos', dimensions: dim });
  });

  it('counts requests by route and status, and batches by size', async () => {
    await stub.ask('GET', '/no/such/address');
    const { body, headers } = await stub.ask('GET', '/metrics');
    expect(headers.get('content-type')).toContain('version=0.0.4');
    expect(body).toMatch(/webcir_request_seconds_count\{method="POST",route="\/v1\/embeddings",status="200"\} \d+/);
    expect(body).toMatch(/webcir_request_seconds_count\{method="GET",route="none",status="404"\} \d/);
    expect(body).toMatch(/webcir_batch_size_count\{work="compose"\} \d+/);
    expect(body).toContain('webcir_waiting{work="compose"} 0');
    expect(body).not.toContain('/no/such/address');
  });

  it('is a line for each request, with its id, and no word of what was sent', async () => {
    const lines: { id: string; path: string; status: number }[] = [];
    const { ask, service } = await stubService({ onRequest: (line) => lines.push(line) });
    const headers = { 'x-request-id': 'mine-1', authorization: 'Bearer a-secret-of-mine-here' };
    const { headers: answered } = await ask('POST', '/v1/embeddings?secret=1', { input: 'red' }, headers);
    expect(answered.get('x-request-id')).toBe('mine-1');
    await ask('GET', '/health', undefined, { 'x-request-id': 'not an id\u00e9' });
    expect(lines).toMatchObject([
      { id: 'mine-1', method: 'POST', path: '/v1/embeddings', status: 200 },
      { path: '/health', status: 200 },
    ]);
    expect(lines[1].id).toMatch(/^[\w-]{36}$/);
    expect(JSON.stringify(lines)).not.toContain('secret');
    await service.close();
  });

  it('tells the log alone of an error that nobody expected', async () => {
    const lines: { error?: Error }[] = [];
    const { models, post, service } = await stubService({ onRequest: (line) => lines.push(line) });
    models.before = () => Promise.reject(new TypeError('at /home/somebody/secret'));
    const answer = await post('/v1/embeddings', { input: 'red' });
    expect(errorOf(answer)).toEqual([500, 'internal_error', null]);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(lines[0].error?.message).toBe('at /home/somebody/secret');
    await service.close();
  });
});

describe('a device that is lost for good', () => {
  it('gives 503 until the models have been loaded anew', async () => {
    const [lost, fresh] = [stubModels(), stubModels()];
    lost.before = () => Promise.reject(new DeviceLostError('gone'));
    const troubles: string[] = [];
    let load = (_: typeof fresh) => {};
    const loaded = new Promise<typeof fresh>((resolve) => (load = resolve));
    let opened = 0;
    const open = () => (opened++ === 0 ? Promise.resolve(lost) : loaded);
    const { ask, post, service } = await stubService({ open, onTrouble: (message) => troubles.push(message) });
    const embed = () => post('/v1/embeddings', { input: 'red' });
    expect((await ask('GET', '/ready')).status).toBe(200);
    for (let i = 0; i < 2; i++) {
      const answer = await embed();
      expect(errorOf(answer)).toEqual([503, 'device_lost', null]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect((await ask('GET', '/ready')).status).toBe(503);
    expect((await ask('GET', '/health')).status).toBe(200);
    expect(troubles).toHaveLength(1);
    load(fresh);
    await expect.poll(async () => (await ask('GET', '/ready')).status).toBe(200);
    expect((await embed()).status).toBe(200);
    expect(opened).toBe(2);
    await service.close();
  });
});
