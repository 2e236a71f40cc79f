// The catalogue: what `webcir models` lists, docs/models.md explains, and a name stands for once it is pulled.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWeights } from '@webcir/clip/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAiModels } from '../src/weights/catalogue.ts';
import { publishedModels } from '../src/weights/models.ts';
import { isRepository, parseName } from '../src/weights/names.ts';
import { pullWeights } from '../src/weights/pull.ts';
import { cli, runIn } from './run-cli.ts';
import { sendFile, startServer } from './weights-server.ts';

const fixtures = new URL('../../clip/test/fixtures/', import.meta.url);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-models-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the catalogue', () => {
  it('has every model once, under a name that can be pulled', () => {
    const names = publishedModels.map(({ name }) => name);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(names.filter((name) => !isRepository(name) || Object.hasOwn(openAiModels, name)).sort()).toEqual(
      Object.keys(openAiModels).sort(),
    );
    for (const name of names) expect(() => parseName(name)).not.toThrow();
  });

  it('has sizes that fit the files: two or four bytes a parameter', () => {
    for (const { name, parameters, megabytes } of publishedModels) {
      const bytes = megabytes / parameters;
      expect(Math.min(Math.abs(bytes / 2 - 1), Math.abs(bytes / 4 - 1)), name).toBeLessThan(0.26);
    }
  });

  it('is explained in docs/models.md, with the same facts', async () => {
    const page = await readFile(new URL('../../../docs/models.md', import.meta.url), 'utf8');
    for (const { name, encoder, parameters, licence } of publishedModels) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``));
      for (const fact of [encoder, `${parameters} M`, licence]) expect(row, name).toContain(fact);
    }
  });
});

/** A repository in the layout of BGE-VL: a CLIP of transformers. */
const config = {
  architectures: ['CLIPModel'],
  model_type: 'clip',
  projection_dim: 96,
  text_config: { hidden_act: 'quick_gelu', hidden_size: 128, num_attention_heads: 2 },
  vision_config: { hidden_act: 'quick_gelu', hidden_size: 128, num_attention_heads: 2 },
};

describe('webcir models', () => {
  it('lists the catalogue, and marks what has been pulled, which then is taken by its name', async () => {
    const before = await runIn(folder, cli, 'models');
    expect([before.code, before.stderr]).toEqual([0, '']);
    expect(before.stdout).toMatch(
      /^ {2}BAAI\/BGE-VL-base +ViT-B\/16, 224 px, 512 features; 299\.0 MB; MIT; images: clip/m,
    );
    expect(before.stdout.match(/✓/g)).toHaveLength(1); // in the line that explains it

    const files = new Map([
      ['model.safetensors', await readFile(new URL('clip-vit.safetensors', fixtures))],
      ['config.json', Buffer.from(JSON.stringify(config))],
    ]);
    const hub = await startServer((request, response) => {
      const bytes = files.get(request.url!.replace('/BAAI/BGE-VL-base/resolve/main/', ''));
      if (bytes) sendFile(request, response, bytes);
      else response.writeHead(404).end();
    });
    const weights = join(folder, 'cache', 'weights');
    const quiet = { received() {}, waiting() {}, finish() {} };
    await pullWeights('baai/bge-vl-base', { folder: weights, endpoint: hub.url, follow: () => quiet });
    await hub.close();

    expect((await runIn(folder, cli, 'models')).stdout).toMatch(/^✓ BAAI\/BGE-VL-base /m);
    const models = JSON.parse((await runIn(folder, cli, 'models', '--json')).stdout);
    expect(models).toHaveLength(publishedModels.length);
    expect(models.filter(({ path }: { path: string | null }) => path !== null)).toEqual([
      { ...publishedModels.find(({ name }) => name === 'BAAI/BGE-VL-base'), path: join(weights, 'BAAI/BGE-VL-base') },
    ]);

    const image = fileURLToPath(new URL('images/small.png', fixtures));
    const encode = ['encode', image, '--clip-model-name', 'BAAI/bge-vl-base', '--out', 'features.safetensors'];
    const { code, stdout, stderr } = await runIn(folder, cli, ...encode, '--no-autotune');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('1 images and 0 texts, 96 features each');
    const { tensors } = await openWeights(join(folder, 'features.safetensors'));
    expect(tensors.get('image_features')!.shape).toEqual([1, 96]);
  });
});
