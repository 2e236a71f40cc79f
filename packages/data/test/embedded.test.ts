import { readFileSync, statSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Attribute,
  attributeNames,
  attributeValues,
  type EmbeddedDataset,
  evalCaption,
  openEmbedded,
  seededRandom,
  type Triplet,
} from '../src/index.ts';
import { openEmbeddedFromPackage } from '../src/node.ts';
import { absolute, comparative } from '../src/phrases.ts';

const file = (name: string) => new URL(`../../embedded/${name}`, import.meta.url);
const files = () => ({
  images: readFileSync(file('data/images-idx3-ubyte.gz')),
  annotations: readFileSync(file('data/annotations.json.gz')),
});

let set: EmbeddedDataset;
beforeAll(async () => {
  set = await openEmbeddedFromPackage();
});

/** The attributes in which a triplet's reference and target differ. */
function changesOf({ reference, target }: Triplet): Attribute[] {
  const [from, to] = [set.attributes(reference), set.attributes(target!)];
  return attributeNames.filter((name) => from[name] !== to[name]);
}

describe('the embedded data set', () => {
  it('has 15,000 training images and galleries of 1,000 per category, in under 12 MB', () => {
    const sizes = set.categories.map((c) => set.splits.map((s) => set.gallery(s, c).length));
    expect(sizes).toEqual(Array(3).fill([5000, 1000, 1000]));
    const bytes = ['images-idx3-ubyte.gz', 'annotations.json.gz'].map((name) => statSync(file(`data/${name}`)).size);
    expect(bytes[0] + bytes[1]).toBeLessThan(12e6);
  });

  it('shares no image between splits or categories', () => {
    const ids = set.splits.flatMap((split) => [...set.gallery(split)]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('keeps reference, target and group of a query within its own gallery', () => {
    for (const split of set.splits) {
      for (const category of set.categories) {
        const gallery = new Set(set.gallery(split, category));
        for (const { reference, target, targets, group } of set.triplets(split, category)) {
          const outside = [reference, target!, ...targets!, ...(group ?? [])].filter((id) => !gallery.has(id));
          if (outside.length) expect.fail(`${outside} is outside the gallery of ${split} ${category}`);
        }
      }
    }
  });

  it('has as many triplets as its README says', () => {
    const counts = set.splits.map((split) => set.categories.map((c) => set.triplets(split, c).length));
    const readme = readFileSync(file('README.md'), 'utf8').replace(/ +/g, ' ');
    for (const [i, split] of set.splits.entries()) {
      const numbers = counts[i].map((n) => n.toLocaleString('en')).join(' | ');
      expect(readme).toContain(`| ${split} triplets | ${numbers} |`);
    }
    expect(counts[0].reduce((a, b) => a + b)).toBeGreaterThan(12000);
  });

  it('never asks the same of one reference twice, and gives every triplet its own id', () => {
    const all = set.splits.flatMap((split) => [...set.triplets(split)]);
    expect(new Set(all.map((t) => `${t.reference} ${set.attributeKey(t.target!)}`)).size).toBe(all.length);
    expect(new Set(all.map((t) => t.id)).size).toBe(all.length);
  });

  it('changes one or two attributes, and says each change truly in the joined captions', () => {
    for (const split of set.splits) {
      for (const triplet of set.triplets(split)) {
        const changed = changesOf(triplet);
        const text = evalCaption(triplet.captions);
        if (changed.length < 1 || changed.length > 2 || !changed.every((name) => says(text, triplet, name))) {
          expect.fail(`${triplet.id} changes ${changed}, but says "${text}"`);
        }
      }
    }
  });

  it('lists as correct targets all images of the gallery with the attributes of the target', () => {
    for (const triplet of set.triplets('test')) {
      const key = set.attributeKey(triplet.target!);
      expect(key).toBeDefined();
      const expected = set.gallery('test', triplet.category).filter((id) => set.attributeKey(id) === key);
      expect(triplet.targets).toEqual(expected);
      expect(expected).toContain(triplet.target);
      expect(expected).not.toContain(triplet.reference);
    }
  });

  it('gives each gallery query six look-alikes of which the text fits the target alone', () => {
    for (const triplet of [...set.triplets('val'), ...set.triplets('test')]) {
      const { reference, target, group } = triplet;
      expect(new Set(group).size).toBe(6);
      expect(group).toEqual(expect.arrayContaining([reference, target]));
      const wanted = set.attributes(target!);
      const fits = (id: string) =>
        changesOf(triplet).every((name) => [wanted[name], undefined].includes(set.attributes(id)[name]));
      expect(group!.filter(fits)).toEqual([target]);
    }
  });

  it('shows photos on white, as grey RGB', async () => {
    const ids = set.gallery('test');
    const corners = await Promise.all(ids.map(async (id) => (await set.image(id)).data[0]));
    expect(corners.filter((level) => level > 250).length / ids.length).toBeGreaterThan(0.95);
    const { width, height, channels, data } = await set.image(ids[0]);
    expect([width, height, channels, data.length]).toEqual([28, 28, 3, 28 * 28 * 3]);
    for (let i = 0; i < data.length; i += 3) expect(new Set(data.subarray(i, i + 3)).size).toBe(1);
  });

  it('measures tone so that its order is that of the photos', async () => {
    const means: number[] = [];
    for (const tone of attributeValues.tone) {
      const ids = set.gallery('val').filter((id) => set.attributes(id).tone === tone);
      const images = await Promise.all(ids.map((id) => set.image(id)));
      const levels = images.flatMap(({ data }) =>
        Array.from(data).filter((_, i) => i % (3 * 28) > 3 * 10 && i % (3 * 28) < 3 * 18),
      );
      means.push(levels.reduce((a, b) => a + b) / levels.length);
    }
    expect(means).toEqual([...means].sort((a, b) => a - b));
  });

  it('opens files that a web server has unpacked', async () => {
    const { images, annotations } = files();
    const opened = await openEmbedded({ images: gunzipSync(images), annotations: gunzipSync(annotations) });
    const [id] = opened.gallery('test', 'dress');
    expect(await opened.image(id)).toEqual(await set.image(id));
  });

  it('rejects files that are cut short, not IDX, or of different versions', async () => {
    const good = files();
    const raw = gunzipSync(good.images);
    const open = (images: Uint8Array) => openEmbedded({ ...good, images: gzipSync(images, { level: 1 }) });
    await expect(open(raw.subarray(0, raw.length - 1))).rejects.toThrow(/images-idx3-ubyte.gz: expected \d+ bytes/);
    await expect(open(raw.subarray(1))).rejects.toThrow('not an IDX file');
    const fewer = Buffer.concat([raw.subarray(0, 4), Buffer.from([0, 0, 0, 1]), raw.subarray(8, 16 + 784)]);
    await expect(open(fewer)).rejects.toThrow('lists 21000 images');
    await expect(set.image('train-99999999')).rejects.toThrow('fmnist-cir has no image "train-99999999"');
  });
});

describe('stage-0 captions', () => {
  it('are the same for the same seed and vary with it', () => {
    const id = set.gallery('train')[0];
    const draw = (seed: number) =>
      Array.from(
        { length: 20 },
        (
          (random) => () =>
            set.describe(id, random)
        )(seededRandom(seed)),
      );
    expect(draw(1)).toEqual(draw(1));
    expect(new Set([...draw(1), ...draw(2)]).size).toBeGreaterThan(20);
  });

  it('use nearly all words of the relative captions', () => {
    const random = seededRandom(1);
    const words = (texts: string[]) => new Set(texts.flatMap((t) => t.toLowerCase().match(/[a-z]+/g) ?? []));
    const described = words(set.gallery('train').map((id) => set.describe(id, random)));
    const relative = words(set.triplets('train').flatMap((t) => t.captions));
    expect(relative.size).toBeGreaterThan(200);
    const frame = words([
      'same but make has have features comes instead appears looks looking for',
      'i would like want please show me similar',
    ]);
    expect([...relative].filter((word) => !described.has(word) && !frame.has(word))).toEqual([]);
  });
});

/** Whether a text holds a phrase for the change of one attribute, in the right direction. */
function says(text: string, { reference, target }: Triplet, name: Attribute): boolean {
  const [from, to] = [set.attributes(reference)[name]!, set.attributes(target!)[name]!];
  const values: readonly string[] = attributeValues[name];
  const direction = values.indexOf(to) < values.indexOf(from) ? 'less' : 'more';
  const phrases = [absolute[name][to], ...(name === 'pattern' ? [] : [comparative[name][direction]])];
  return phrases.some(({ is, has }) => [...is, ...has].some((phrase) => text.toLowerCase().includes(phrase)));
}
