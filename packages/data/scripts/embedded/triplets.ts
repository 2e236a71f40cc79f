import { type Attribute, attributeKey, attributesOf, attributeValues } from '../../src/attributes.ts';
import { type Random, seededRandom, seedOf, shuffled } from '../../src/random.ts';
import { distance, silhouette } from './clusters.ts';
import type { LabelledImage } from './label.ts';
import { relativeCaptions } from './relative.ts';
import { PIXELS, SIDE } from './source.ts';

export interface BuiltTriplet {
  reference: LabelledImage;
  target: LabelledImage;
  changed: Attribute[];
  captions: [string, string];
  /** Six look-alikes, the reference and the target among them, of which only the target fits the text. */
  group?: LabelledImage[];
}

/** Weight with which each attribute changes, about its share in FashionIQ's captions. */
const share: Record<Attribute, number> = { tone: 40, sleeves: 26, pattern: 24, fit: 12, length: 12, skirt: 10 };
/** An image is the target of at most this many triplets. */
const maxPerTarget = 3;

interface Item {
  image: LabelledImage;
  key: string | undefined;
  look: Float32Array;
  uses: number;
}

/**
 * Triplets of one split and category: for each fully labelled reference `perReference` different changes (on average)
 * of one or two attributes, each with the nearest image that has exactly those changes as its target.
 */
export function buildTriplets(images: LabelledImage[], perReference: number, withGroups: boolean): BuiltTriplet[] {
  const items: Item[] = images.map((image) => {
    const key = attributeKey(image.category, image.attributes);
    return { image, key, look: appearance(image), uses: 0 };
  });
  const byKey = new Map<string, Item[]>();
  for (const item of items) if (item.key) byKey.set(item.key, [...(byKey.get(item.key) ?? []), item]);
  return items.flatMap((reference) => {
    if (!reference.key) return [];
    const random = seededRandom(seedOf(reference.image.id));
    const wanted = Math.floor(perReference + random());
    const taken = new Set<string>();
    const found: BuiltTriplet[] = [];
    for (let attempt = 0; attempt < 6 && found.length < wanted; attempt++) {
      const changed = drawChange(attributesOf(reference.image.category), random);
      const candidates = [...byKey].flatMap(([key, [first, ...rest]]) => {
        if (taken.has(key) || !differsBy(reference.image, first.image, changed)) return [];
        const fit = [first, ...rest].filter(
          (item) => item.uses < maxPerTarget && changed.every((n) => clearly(reference.image, item.image, n)),
        );
        return fit.length ? [fit] : [];
      });
      if (!candidates.length) continue;
      // Any change that exists is as likely as another, however many images have it.
      const target = nearest(reference, candidates[Math.floor(random() * candidates.length)], 1)[0];
      taken.add(target.key!);
      target.uses++;
      const [from, to] = [reference.image, target.image];
      const captions = relativeCaptions(from.category, from.attributes, to.attributes, changed, random);
      const group = withGroups ? lookAlikes(reference, target, changed, items) : undefined;
      found.push({ reference: from, target: to, changed, captions, group });
    }
    return found;
  });
}

/** One attribute (40 %) or two (60 %), drawn by their shares. */
function drawChange(names: Attribute[], random: Random): Attribute[] {
  const keyed = names.map((name) => ({ name, order: -Math.log(1 - random()) / share[name] }));
  keyed.sort((a, b) => a.order - b.order);
  return keyed.slice(0, random() < 0.4 ? 1 : 2).map((k) => k.name);
}

function differsBy(a: LabelledImage, b: LabelledImage, changed: Attribute[]): boolean {
  return attributesOf(a.category).every(
    (name) => (a.attributes[name] !== b.attributes[name]) === changed.includes(name),
  );
}

/** Whether the difference in an attribute is large enough to be seen. */
function clearly(a: LabelledImage, b: LabelledImage, name: Attribute): boolean {
  const values: readonly string[] = attributeValues[name];
  const steps = Math.abs(values.indexOf(a.attributes[name]!) - values.indexOf(b.attributes[name]!));
  switch (name) {
    case 'tone':
      return Math.abs(a.measures.tone - b.measures.tone) >= 30;
    case 'fit':
      return steps === 2 && Math.abs(a.measures.bellyWidth - b.measures.bellyWidth) >= 2.5;
    case 'skirt':
      return steps === 2;
    case 'length':
      return Math.abs(a.measures.waist - b.measures.waist) >= 2;
    default:
      return true;
  }
}

function lookAlikes(reference: Item, target: Item, changed: Attribute[], gallery: Item[]) {
  const wrong = gallery.filter(
    ({ image: { id, attributes } }) =>
      id !== reference.image.id &&
      changed.some((name) => attributes[name] && attributes[name] !== target.image.attributes[name]),
  );
  const members = [reference, target, ...nearest(reference, wrong, 4)].map((item) => item.image);
  const random = seededRandom(seedOf(members.map((p) => p.id).join()));
  return members.length === 6 ? shuffled(members, random) : undefined;
}

/** The `count` items that look most like `from`, nearest first. */
function nearest(from: Item, list: Item[], count: number): Item[] {
  const scored = list.map((item) => ({ item, d: distance(from.look, item.look) }));
  return scored
    .sort((a, b) => a.d - b.d)
    .slice(0, count)
    .map((s) => s.item);
}

/** Outline and half-size image in one vector, `[784 + 196]`. */
function appearance({ ink }: LabelledImage): Float32Array {
  const out = new Float32Array(PIXELS + PIXELS / 4);
  silhouette(ink).forEach((inside, i) => {
    out[i] = inside / 2;
  });
  ink.forEach((v, i) => {
    out[PIXELS + Math.floor(i / SIDE / 2) * (SIDE / 2) + ((i % SIDE) >> 1)] += v / 255 / 2;
  });
  return out;
}
