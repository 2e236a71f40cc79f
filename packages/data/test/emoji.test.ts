import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  changeableOf,
  type EmojiAttribute,
  type EmojiAttributes,
  emojiSkins,
  genderNouns,
  skinComparatives,
  skinPhrases,
} from '../src/emoji.ts';
import { type EmbeddedDataset, openEmbedded, seededRandom, type Triplet } from '../src/index.ts';
import { openEmbeddedFromPackage } from '../src/node.ts';
import { withArticle } from '../src/phrases.ts';

const file = (name: string) => new URL(`../../embedded-emoji/${name}`, import.meta.url);
const files = () => ({
  images: new Uint8Array(readFileSync(file('data/images.webps'))),
  annotations: new Uint8Array(readFileSync(file('data/annotations.json.gz'))),
});

let set: EmbeddedDataset;
beforeAll(async () => {
  set = await openEmbeddedFromPackage('emoji-cir');
});

/** The attributes that captions speak of, as one string. */
const combination = (id: string): string => {
  const attributes = set.attributes(id);
  return [attributes.kind, ...changeableOf(attributes).map((name) => attributes[name])].join(' / ');
};

/** The attributes in which a triplet's reference and target differ. */
function changesOf({ reference, target }: Triplet): EmojiAttribute[] {
  const [from, to] = [set.attributes(reference), set.attributes(target!)];
  return changeableOf(to).filter((name) => from[name] !== to[name]);
}

const allTriplets = () => set.splits.flatMap((split) => set.triplets(split).map((triplet) => ({ split, triplet })));

describe('the embedded emoji', () => {
  it('are the bytes that `pnpm build-emoji` writes, in under 8 MB', () => {
    const sums = Object.values(files()).map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    expect(sums).toEqual([
      'f19b741e3a5055a4d769df6908551d9f306b3e711fc97d9272d277f657c39f68',
      '8593dedcea278c4ffd9d64e5be828470569faa4b60b4c89c5c6641c6417a9d35',
    ]);
    const sizes = ['images.webps', 'annotations.json.gz'].map((name) => statSync(file(`data/${name}`)).size);
    expect(sizes[0] + sizes[1]).toBeLessThan(8e6);
  });

  it('have as many images and triplets as their README says', () => {
    const readme = readFileSync(file('README.md'), 'utf8').replace(/ +/g, ' ');
    for (const split of set.splits) {
      const counts = [set.gallery(split).length, set.triplets(split).length].map((n) => n.toLocaleString('en'));
      expect(readme).toContain(`| ${split} | ${counts.join(' | ')} |`);
    }
    expect(set.triplets('train').length).toBeGreaterThan(4000);
    for (const split of ['val', 'test']) expect(set.triplets(split).length).toBeGreaterThan(500);
  });

  it('are split by combinations of attributes, each value of which is in training', () => {
    const splitOf = new Map<string, string>();
    for (const split of set.splits) {
      for (const id of set.gallery(split)) {
        const key = combination(id);
        expect(splitOf.get(key) ?? split, key).toBe(split);
        splitOf.set(key, split);
      }
    }
    const valuesIn = (split: string) =>
      set.gallery(split).flatMap((id) => {
        const attributes = set.attributes(id);
        return ['kind', ...changeableOf(attributes)].map((name) => `${name} ${attributes[name]}`);
      });
    const trained = new Set(valuesIn('train'));
    expect([...valuesIn('val'), ...valuesIn('test')].filter((value) => !trained.has(value))).toEqual([]);
  });

  it('have one image of a gallery that a caption fits: the target', () => {
    for (const { split, triplet } of allTriplets()) {
      const fitting = set.gallery(split).filter((id) => id !== triplet.reference && fits(id, triplet));
      if (String(fitting) !== triplet.target) {
        expect.fail(`${split} ${triplet.id} "${triplet.captions}" fits ${fitting.map(combination).join(', ')}`);
      }
      expect(triplet.targets).toEqual([triplet.target]);
    }
  });

  it('have one caption a triplet, which says each change and leaves something to the reference', () => {
    for (const { split, triplet } of allTriplets()) {
      const changed = changesOf(triplet);
      const to = set.attributes(triplet.target!);
      const isPart = changed.length >= 1 && changed.length < changeableOf(to).length;
      if (triplet.captions.length !== 1 || !isPart || !changed.every((name) => says(triplet, name))) {
        expect.fail(`${split} ${triplet.id} changes ${changed}, but says "${triplet.captions}"`);
      }
    }
    const keys = allTriplets().map(({ triplet: { reference, target } }) => `${reference} ${target}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('give each query six look-alikes, near to the reference or to the target', () => {
    for (const split of set.splits) {
      const gallery = new Set(set.gallery(split));
      for (const { id, reference, target, group = [] } of set.triplets(split)) {
        expect(new Set(group).size).toBe(6);
        expect(group).toEqual(expect.arrayContaining([reference, target]));
        expect(group.filter((member) => !gallery.has(member))).toEqual([]);
        const others = group.filter((member) => member !== reference && member !== target);
        const nearness = others.map((other) =>
          Math.max(...[reference, target!].map((end) => sharedOf(set.attributes(other), set.attributes(end)))),
        );
        // At least two of the four share all but one of the attributes with one of the two.
        const wanted = changeableOf(set.attributes(target!)).length;
        const near = nearness.filter((shared) => shared >= wanted - 1).length;
        expect(near, `${split} ${id}`).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('do not look alike within a gallery', async () => {
    for (const split of ['val', 'test']) {
      const ids = set.gallery(split);
      const images = await Promise.all(ids.map(async (id) => every4th((await set.image(id)).data)));
      for (let i = 0; i < ids.length; i++) {
        for (let j = 0; j < i; j++) {
          const difference = differenceOf(images[i], images[j]);
          if (difference < 2.5) expect.fail(`${combination(ids[i])} looks like ${combination(ids[j])}: ${difference}`);
        }
      }
    }
  });

  it('are shown on white, in colour', async () => {
    const [heart] = set.splits
      .flatMap((split) => set.gallery(split))
      .filter((id) => set.attributes(id).name === 'red heart');
    const { width, height, channels, data } = await set.image(heart);
    expect([width, height, channels, data.length]).toEqual([72, 72, 3, 72 * 72 * 3]);
    expect(Math.min(...data.subarray(0, 3))).toBeGreaterThan(250);
    const [red, green, blue] = data.subarray(3 * (36 * 72 + 36));
    expect(red).toBeGreaterThan(180);
    expect(Math.max(green, blue)).toBeLessThan(110);
  });

  it('say the same in many ways', () => {
    const shown = set.triplets('train').map(({ captions }) => captions[0]);
    const asFirefighter = shown.filter((text) => text.includes('as a firefighter'));
    expect(new Set(asFirefighter).size).toBeGreaterThan(15);
    expect(new Set(shown.flatMap((text) => text.toLowerCase().match(/[a-z]+/g) ?? [])).size).toBeGreaterThan(200);
  });

  it('reject files that are cut short or of different versions, and a call without a decoder', async () => {
    const good = files();
    const decode = async () => ({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) }) as const;
    const first = 8 + new DataView(good.images.buffer, good.images.byteOffset).getUint32(4, true);
    const open = (images: Uint8Array) => openEmbedded({ ...good, images }, decode);
    await expect(open(good.images.subarray(0, -1))).rejects.toThrow(
      /images.webps: expected a whole WebP file \(RIFF\) at byte \d+ of \d+, which is image 1705; is it cut short\?/,
    );
    await expect(open(good.images.subarray(0, 5))).rejects.toThrow('at byte 0 of 5, which is image 0');
    await expect(open(good.images.subarray(first))).rejects.toThrow('holds 1705 images, but annotations.json.gz lists');
    const [id] = set.gallery('train');
    await expect((await openEmbedded(good)).image(id)).rejects.toThrow('openEmbedded takes a function that decodes');
    await expect(set.image('u1f600')).rejects.toThrow('emoji-cir has no image "u1f600"');
  });
});

describe('stage-0 captions of emoji', () => {
  it('are the same for the same seed and vary with it', () => {
    const [id] = set.gallery('train');
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => set.describe(id, random));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('use nearly all words of the relative captions', () => {
    const random = seededRandom(1);
    const words = (texts: string[]) => new Set(texts.flatMap((text) => text.toLowerCase().match(/[a-z]+/g) ?? []));
    const described = words(
      set.gallery('train').flatMap((id) => Array.from({ length: 8 }, () => set.describe(id, random))),
    );
    const relative = words(set.triplets('train').flatMap(({ captions }) => captions));
    const frame = words([
      'the same but now show keep instead please make it as it is only give has this person in role gender',
      'change to again not another kind of thing',
    ]);
    expect([...relative].filter((word) => !described.has(word) && !frame.has(word))).toEqual([]);
  });
});

/** Which skin tones a caption allows for the one of the reference. */
function allowedSkins({ reference, target, captions }: Triplet): readonly string[] {
  const [from, to] = [set.attributes(reference).skin, set.attributes(target!).skin];
  if (captions[0].includes('darker')) return emojiSkins.slice(emojiSkins.indexOf(from) + 1);
  return captions[0].includes('lighter') ? emojiSkins.slice(0, emojiSkins.indexOf(from)) : [to];
}

/** Whether an image has what a caption says, and else what the reference has. */
function fits(id: string, triplet: Triplet): boolean {
  const to = set.attributes(triplet.target!);
  const found = set.attributes(id);
  return (
    (to.colour !== undefined || found.kind === to.kind) &&
    changeableOf(to).every((name) =>
      name === 'skin' ? allowedSkins(triplet).includes(found.skin) : found[name] === to[name],
    )
  );
}

/** Whether a caption holds words for the change of one attribute, in the right direction. */
function says({ reference, target, captions: [caption] }: Triplet, name: EmojiAttribute): boolean {
  const [from, to] = [set.attributes(reference), set.attributes(target!)];
  const direction = emojiSkins.indexOf(to.skin) > emojiSkins.indexOf(from.skin) ? 'darker' : 'lighter';
  const phrases: Partial<Record<EmojiAttribute, () => readonly string[]>> = {
    gender: () => genderNouns(to),
    skin: () => [...skinPhrases(to.skin), ...(from.skin === 'yellow' ? [] : skinComparatives[direction])],
    kind: () => [withArticle(to.kind)],
  };
  return (phrases[name]?.() ?? [to[name]]).some((phrase) => caption.includes(phrase));
}

/** How many of the attributes that captions speak of two images share. */
const sharedOf = (one: EmojiAttributes, other: EmojiAttributes): number =>
  one.kind === other.kind || one.colour !== undefined
    ? changeableOf(other).filter((name) => one[name] === other[name]).length
    : 0;

const every4th = (data: ArrayLike<number>): number[] => Array.from(data).filter((_, i) => Math.floor(i / 3) % 4 === 0);

/** Mean difference of two images, over what is not white in both. */
function differenceOf(one: readonly number[], other: readonly number[]): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < one.length; i++) {
    sum += Math.abs(one[i] - other[i]);
    if (Math.min(one[i], other[i]) < 250) count++;
  }
  return sum / count;
}
