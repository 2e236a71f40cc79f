import { changeableOf, type EmojiAttribute } from '../../src/emoji.ts';
import { pick, type Random, seededRandom, seedOf, shuffled } from '../../src/random.ts';
import { distance } from '../embedded/clusters.ts';
import type { LabelledEmoji } from './label.ts';
import { onWhite } from './pixels.ts';
import { isDarker, relativeCaption, type SkinStyle } from './relative.ts';

export interface BuiltTriplet {
  readonly reference: LabelledEmoji;
  readonly target: LabelledEmoji;
  readonly changed: readonly EmojiAttribute[];
  readonly caption: string;
  /** Six look-alikes, the reference and the target among them. */
  readonly group: readonly LabelledEmoji[];
}

/** What changes, and how often. Never all attributes: the reference must matter. */
const changes: readonly (readonly [weight: number, ...changed: EmojiAttribute[]])[] = [
  [30, 'name'],
  [14, 'gender'],
  [14, 'skin'],
  [13, 'name', 'gender'],
  [15, 'name', 'skin'],
  [14, 'gender', 'skin'],
  [20, 'kind'],
  [30, 'colour'],
];

/** How often a caption that may compare skin tones does so. */
const comparing = 0.6;

/**
 * Triplets of one split: for each reference `perReference` different changes, each with a target that is the only image
 * of the gallery, but for the reference, that fits the caption.
 */
export async function buildTriplets(gallery: readonly LabelledEmoji[], perReference: number): Promise<BuiltTriplet[]> {
  const looks = new Map<LabelledEmoji, Float32Array>();
  for (const image of gallery)
    looks.set(image, Float32Array.from(await onWhite(image.pixels).resize(18, 18).raw().toBuffer()));
  return gallery.flatMap((reference) => {
    const random = seededRandom(seedOf(`triplets of ${reference.id}`));
    const taken = new Set<LabelledEmoji>();
    const found: BuiltTriplet[] = [];
    for (let attempt = 0; attempt < 4 * perReference && found.length < perReference; attempt++) {
      const changed = drawChange(reference, random);
      const targets = gallery.filter((image) => !taken.has(image) && differsBy(reference, image, changed));
      if (!targets.length) continue;
      const target = pick(targets, random);
      const style: SkinStyle =
        random() < comparing && isOnlyOne(gallery, reference, target, changed, 'compared') ? 'compared' : 'named';
      if (!isOnlyOne(gallery, reference, target, changed, style)) continue;
      taken.add(target);
      const caption = relativeCaption(reference.attributes, target.attributes, changed, style, random);
      const group = lookAlikes(gallery, reference, target, looks);
      found.push({ reference, target, changed, caption, group });
    }
    return found;
  });
}

function drawChange({ attributes }: LabelledEmoji, random: Random): EmojiAttribute[] {
  const changeable = changeableOf(attributes);
  const possible = changes.filter(
    ([, ...changed]) => changed.every((name) => changeable.includes(name)) && changed.length < changeable.length,
  );
  let left = random() * possible.reduce((sum, [weight]) => sum + weight, 0);
  const [, ...changed] = possible.find(([weight]) => (left -= weight) < 0)!;
  return changed;
}

/** Whether two images differ in these attributes, and in no other that captions speak of. */
function differsBy(a: LabelledEmoji, b: LabelledEmoji, changed: readonly EmojiAttribute[]): boolean {
  const changeable = changeableOf(a.attributes);
  if (a === b || String(changeable) !== String(changeableOf(b.attributes))) return false;
  if (!changeable.includes('kind') && a.attributes.kind !== b.attributes.kind) return false;
  return changeable.every((name) => (a.attributes[name] !== b.attributes[name]) === changed.includes(name));
}

/** Whether no image of the gallery but the target, and the reference, fits what the caption says and keeps. */
function isOnlyOne(
  gallery: readonly LabelledEmoji[],
  reference: LabelledEmoji,
  target: LabelledEmoji,
  changed: readonly EmojiAttribute[],
  style: SkinStyle,
): boolean {
  const compared = style === 'compared' && changed.includes('skin');
  const [from, to] = [reference.attributes, target.attributes];
  if (compared && !isDarker(to.skin, from.skin) && !isDarker(from.skin, to.skin)) return false;
  const fitsSkin = (skin: string) =>
    isDarker(to.skin, from.skin) ? isDarker(skin, from.skin) : isDarker(from.skin, skin) || skin === 'yellow';
  return gallery.every(
    (image) =>
      image === target ||
      image === reference ||
      changeableOf(to).some((name) => {
        const value = image.attributes[name];
        return compared && name === 'skin' ? value === undefined || !fitsSkin(value) : value !== to[name];
      }),
  );
}

/**
 * The reference, the target, and four that share most with either: two of those nearest to the target, then two of
 * those nearest to the reference. None of them fits the caption, as no image but the target does.
 */
function lookAlikes(
  gallery: readonly LabelledEmoji[],
  reference: LabelledEmoji,
  target: LabelledEmoji,
  looks: ReadonlyMap<LabelledEmoji, Float32Array>,
): LabelledEmoji[] {
  const members = [reference, target];
  for (const near of [target, target, reference, reference]) {
    const told = ['kind', ...changeableOf(near.attributes)];
    const shared = (image: LabelledEmoji) =>
      told.filter((name) => image.attributes[name] === near.attributes[name]).length;
    const [first] = gallery
      .filter((image) => !members.includes(image))
      .map((image) => ({ image, shared: shared(image), distance: distance(looks.get(image)!, looks.get(near)!) }))
      .sort((a, b) => b.shared - a.shared || a.distance - b.distance);
    members.push(first.image);
  }
  return shuffled(members, seededRandom(seedOf(members.map(({ id }) => id).join())));
}
