// Retriever in Node: folders of runs, paths, and what it says where they do not fit.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type ClipModel, hostTensor, type RawImage, storeClipModel, storeTensors } from '@webcir/clip';
import { openClipModel, writeSafetensorsFile } from '@webcir/clip/node';
import { combinerEntries, initialCombiner } from '@webcir/combiner';
import { clip as smallClip } from '@webcir/embedded';
import { openDevice } from '@webcir/kernels';
import { uniform } from '@webcir/kernels/cases';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listImages, type NodeRetrieverOptions, Retriever } from '../src/node.ts';

const vocabulary = new URL('../../clip/assets/clip-vocabulary.txt.gz', import.meta.url);
const device = await openDevice();
const random = uniform(11);
const image = (width: number, height: number): RawImage => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: 3 * width * height }, () => random() * 256),
});
// Images far from square, so that every transform makes something else of them.
const images = new Map(Array.from({ length: 9 }, (_, i) => [`image ${i}`, image(20 + 4 * i, 60)]));
const query = { image: image(24, 70), text: 'is darker and has long sleeves', k: 9 };

let folder: string;
let model: ClipModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-retriever-'));
  model = await openClipModel(fileURLToPath(smallClip));
});
afterAll(async () => {
  device.close();
  await rm(folder, { recursive: true, force: true });
});

const squarepad = { stages: 'both', transform: 'squarepad', targetRatio: 1.25 } as const;

/** Leaves in a folder what is read again of a training run. */
async function writeRun(name: string, config: object | string, hasCombiner = true): Promise<string> {
  const run = join(folder, name);
  await mkdir(run);
  await writeFile(join(run, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  await writeSafetensorsFile(join(run, 'clip.safetensors'), storeClipModel(model, 'F32'));
  if (hasCombiner) await writeCombiner(join(run, 'combiner.safetensors'), model.config.embedDim);
  return run;
}

async function writeCombiner(path: string, featureDim: number): Promise<void> {
  const sizes = { featureDim, projectionDim: 32, hiddenDim: 64 };
  const weights = initialCombiner(sizes, uniform(5));
  const tensors = combinerEntries(sizes).map(
    ({ name, shape }) => [name, hostTensor(shape, weights.get(name)!)] as const,
  );
  await writeSafetensorsFile(path, { tensors: storeTensors(new Map(tensors), 'F32'), metadata: new Map() });
}

async function search(options: NodeRetrieverOptions) {
  const retriever = await Retriever.load({ device, ...options });
  const gallery = await retriever.index(images);
  const found = await retriever.search(gallery, query);
  await gallery.dispose();
  await retriever.dispose();
  return found;
}

describe('Retriever.load with the folder of a run', () => {
  it('takes its CLIP, its Combiner and its preprocessing', async () => {
    const run = await writeRun('whole', squarepad);
    const [clip, combiner] = [join(run, 'clip.safetensors'), join(run, 'combiner.safetensors')];
    const { stages: _, ...preprocessing } = squarepad;
    const found = await search({ run });
    expect(found).toEqual(await search({ clip, combiner, preprocessing: { transform: 'squarepad' } }));
    expect(found).not.toEqual(await search({ clip, combiner }));
    expect(found).not.toEqual(await search({ clip, preprocessing }));
    const retriever = await Retriever.load({ run, device });
    expect(retriever.preprocessing).toEqual(preprocessing);
    await retriever.dispose();
  });

  it('takes what is named instead', async () => {
    const run = await writeRun('told', squarepad);
    const retriever = await Retriever.load({ run, device, preprocessing: { transform: 'clip' } });
    expect(retriever.preprocessing).toEqual({ transform: 'clip' });
    await retriever.dispose();
  });

  it('takes the plain sum of a run of stage 1', async () => {
    const run = await writeRun('first', { ...squarepad, stages: '1' }, false);
    const clip = join(run, 'clip.safetensors');
    expect(await search({ run })).toEqual(await search({ clip, preprocessing: { transform: 'squarepad' } }));
  });

  it('says which file is at fault', async () => {
    const fails = (run: string) => expect(Retriever.load({ run, device })).rejects;
    await fails(join(folder, 'nowhere')).toThrow(
      `${join(folder, 'nowhere', 'config.json')} is missing: ${join(folder, 'nowhere')} is not the folder of a run`,
    );
    const unfinished = await writeRun('unfinished', squarepad, false);
    await fails(unfinished).toThrow(`${join(unfinished, 'combiner.safetensors')} is missing: this run is not finished`);
    const empty = await writeRun('empty', { stages: 'both' });
    await fails(empty).toThrow(`${join(empty, 'config.json')}: expected a transform of clip, squarepad, targetpad`);
    const torn = await writeRun('torn', '{"stages": "bo');
    await fails(torn).toThrow(`${join(torn, 'config.json')}: is not JSON`);
    const cut = await writeRun('cut', squarepad);
    const file = join(cut, 'clip.safetensors');
    await writeFile(file, (await readFile(file)).subarray(0, 20_000));
    await fails(cut).toThrow(`${file}: safetensors`);
    const run = await writeRun('swapped', squarepad);
    const [clip, combiner] = [join(run, 'clip.safetensors'), join(run, 'combiner.safetensors')];
    await expect(Retriever.load({ clip: combiner, device })).rejects.toThrow(
      `${combiner}: expected a CLIP, found a Combiner: are the two files swapped?`,
    );
    await expect(Retriever.load({ clip, combiner: clip, device })).rejects.toThrow(
      `${clip}: expected a Combiner, found a CLIP: are the two files swapped?`,
    );
    const narrow = await writeRun('narrow', squarepad);
    await writeCombiner(join(narrow, 'combiner.safetensors'), 8);
    await fails(narrow).toThrow(`the Combiner takes features of 8 values, this CLIP makes ${model.config.embedDim}`);
  });
});

describe('Retriever.index', () => {
  it('decodes the files of a folder in threads, to the same features, and tells of those that cannot be read', async () => {
    const folderOfImages = join(folder, 'images');
    await mkdir(folderOfImages);
    for (const [name, { width, height, data }] of images) {
      const file = sharp(data, { raw: { width, height, channels: 3 } }).png();
      await file.toFile(join(folderOfImages, `${name}.png`));
    }
    const retriever = await Retriever.load({ device });
    const { files } = await listImages(folderOfImages);
    const [gallery, expected] = [await retriever.index(files), await retriever.index(images)];
    expect(gallery.ids).toEqual([...images.keys()].map((name) => `${name}.png`));
    expect(gallery.features).toEqual(expected.features);
    expect(await retriever.encodeImages(files)).toEqual({ ids: gallery.ids, features: gallery.features });
    const broken = join(folderOfImages, 'broken.jpg');
    await writeFile(broken, '<html>');
    const more = new Map([['broken', broken], ...files]);
    await expect(retriever.index(more)).rejects.toThrow(`${broken}: cannot be read as an image`);
    const told: string[] = [];
    const rest = await retriever.index(more, { onUnreadable: (id, { message }) => told.push(id, message) });
    expect(told).toEqual(['broken', expect.stringContaining(`${broken}: cannot be read as an image`)]);
    expect(rest.ids).toEqual(gallery.ids);
    for (const one of [gallery, expected, rest]) await one.dispose();
    await retriever.dispose();
  });

  it.each(['files', 'pixels'])(
    'takes no more memory for more %s',
    async (kind) => {
      const photo = join(folder, 'photo.jpg');
      const side = 2000; // 12 MB of pixels
      await sharp({ create: { width: side, height: side, channels: 3, background: '#a86' } }).toFile(photo);
      const peak = async (count: number) => {
        const script = fileURLToPath(new URL('index-memory.mjs', import.meta.url));
        const { stdout } = await promisify(execFile)(process.execPath, [script, kind, photo, String(count)]);
        return Number(stdout);
      };
      // 18: more than are made ahead on any machine.
      const [few, many] = [await peak(18), await peak(54)];
      console.log(`${kind}: ${few / 1e6} MB for 18 images, ${many / 1e6} MB for 54`);
      expect(many - few).toBeLessThan(200e6); // half of the pixels of the other 36 images
    },
    60_000,
  );
});

describe('Retriever.load with files', () => {
  it('takes paths, addresses of files and bytes alike, and the small CLIP where none is named', async () => {
    const path = fileURLToPath(smallClip);
    const byDefault = await search({});
    expect(await search({ clip: path, tokenizer: fileURLToPath(vocabulary) })).toEqual(byDefault);
    expect(await search({ clip: smallClip, tokenizer: vocabulary })).toEqual(byDefault);
    expect(await search({ clip: pathToFileURL(path).href, tokenizer: vocabulary.href })).toEqual(byDefault);
    const bytes = { clip: new Uint8Array(await readFile(path)), tokenizer: new Blob([await readFile(vocabulary)]) };
    expect(await search(bytes)).toEqual(byDefault);
  });

  it('says which file is missing', async () => {
    const missing = join(folder, 'no.safetensors');
    for (const option of ['clip', 'combiner', 'tokenizer']) {
      await expect(Retriever.load({ device, [option]: missing })).rejects.toThrow(missing);
    }
  });
});
