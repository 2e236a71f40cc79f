import { type Attribute, attributeKey, attributesOf, attributeValues } from '../../src/attributes.ts';
import { type Random, seededRandom, seedOf, shuffled } from '../../src/random.ts';
import { distance, silhouette } from './clusters.ts';
import type { LabelledPicture } from './label.ts';
import { relativeCaptions } from './relative.ts';

export interface BuiltTriplet {
  reference: LabelledPicture;
  target: LabelledPicture;
  changed: Attribute[];
  captions: [string, string];
}

/** How often each attribute is what changes: the shares of FashionIQ's captions. */
const share: Record<Attribute, number> = { tone: 40, sleeves: 26, pattern: 24, fit: 18, length: 12, skirt: 10 };
/** A picture is the target of at most this many triplets. */
const targetLimit = 3;

/**
 * Triplets of one split and category: for each fully labelled reference up to `perReference` different changes of one or
 * two attributes, each with the nearest picture that has exactly those changes as its target.
 */
export function buildTriplets(pictures: LabelledPicture[], perReference: (r: Random) => number): BuiltTriplet[] {
  const labelled = pictures.filter((p) => attributeKey(p.category, p.attributes));
  const looks = new Map(labelled.map((p) => [p.id, appearance(p)]));
  const uses = new Map<string, number>();
  return labelled.flatMap((reference) => {
    const random = seededRandom(seedOf(reference.id));
    const taken = new Set<string>();
    const found: BuiltTriplet[] = [];
    const wanted = perReference(random);
    for (let attempt = 0; attempt < 6 && found.length < wanted; attempt++) {
      const changed = drawChange(attributesOf(reference.category), random);
      const candidates = labelled.filter(
        (p) => !taken.has(keyOf(p)) && (uses.get(p.id) ?? 0) < targetLimit && differsBy(reference, p, changed),
      );
      if (!candidates.length) continue;
      // Draw the wording of the change first, so that a rare one is asked for as often as a common one.
      const keys = [...new Set(candidates.map(keyOf))].sort();
      const key = keys[Math.floor(random() * keys.length)];
      const target = nearest(
        reference,
        candidates.filter((p) => keyOf(p) === key),
        looks,
      );
      taken.add(key);
      uses.set(target.id, (uses.get(target.id) ?? 0) + 1);
      const captions = relativeCaptions(reference.category, reference.attributes, target.attributes, changed, random);
      found.push({ reference, target, changed, captions });
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

/** Whether `p` differs from the reference in exactly these attributes, each clearly enough to be seen. */
function differsBy(reference: LabelledPicture, p: LabelledPicture, changed: Attribute[]): boolean {
  return attributesOf(reference.category).every((name) => {
    const same = reference.attributes[name] === p.attributes[name];
    return changed.includes(name) ? !same && clearly(reference, p, name) : same;
  });
}

function clearly(a: LabelledPicture, b: LabelledPicture, name: Attribute): boolean {
  const values: readonly string[] = attributeValues[name];
  const steps = Math.abs(values.indexOf(a.attributes[name]!) - values.indexOf(b.attributes[name]!));
  switch (name) {
    case 'tone':
      return Math.abs(a.measures.tone - b.measures.tone) >= 30;
    case 'fit':
    case 'skirt':
      return steps === 2;
    case 'length':
      return Math.abs(a.measures.waist - b.measures.waist) >= 2;
    default:
      return true;
  }
}

/** Outline and half-size picture in one vector: `[784 + 196]`. */
function appearance(p: LabelledPicture): Float32Array {
  const small = new Float32Array(196);
  p.ink.forEach((v, i) => {
    small[(i / 56 | 0) * 14 + ((i % 28) >> 1)] += v / 255 / 2;
  });
  const outline = silhouette(p.ink).map((v) => v / 2);
  return Float32Array.from([...outline, ...small]);
}

function nearest(reference: LabelledPicture, list: LabelledPicture[], looks: Map<string, Float32Array>) {
  const from = looks.get(reference.id)!;
  const distances = list.map((p) => distance(from, looks.get(p.id)!));
  return list[distances.indexOf(Math.min(...distances))];
}

function keyOf(p: LabelledPicture): string {
  return attributeKey(p.category, p.attributes)!;
}

/**
 * For a triplet, six look-alikes with the reference and the target among them, of which only the target fits the text;
 * in random order. `undefined` when the gallery has too few.
 */
export function lookAlikes(triplet: BuiltTriplet, gallery: LabelledPicture[], looks: Map<string, Float32Array>) {
  const { reference, target, changed } = triplet;
  const from = looks.get(reference.id)!;
  const others = gallery
    .filter((p) => p.id !== reference.id && p.id !== target.id)
    .filter((p) => changed.some((name) => p.attributes[name] && p.attributes[name] !== target.attributes[name]))
    .map((p) => ({ p, d: distance(from, looks.get(p.id)!) }))
    .sort((a, b) => a.d - b.d)
    .slice(0, 4);
  if (others.length < 4) return undefined;
  return shuffled([reference, target, ...others.map((o) => o.p)], seededRandom(seedOf(reference.id + target.id)));
}

export function appearances(pictures: LabelledPicture[]): Map<string, Float32Array> {
  return new Map(pictures.map((p) => [p.id, appearance(p)]));
}
