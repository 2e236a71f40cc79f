import { type EmojiAttributes, emojiSkins } from '../../src/emoji.ts';
import { seededRandom, seedOf, shuffled } from '../../src/random.ts';
import type { LabelledEmoji } from './label.ts';

export type Split = 'train' | 'val' | 'test';

/**
 * The split of each image, by the combination of its attributes, so that what val and test ask for was never seen
 * together: of a person, name with gender and skin tone; of a hand, name with skin tone; of a thing, kind with colour,
 * for all things of both. Each value by itself is in training.
 */
export function splitsOf(images: readonly LabelledEmoji[]): Map<LabelledEmoji, Split> {
  const groups = new Map<string, LabelledEmoji[]>();
  for (const image of images) {
    const { kind, name, skin } = image.attributes;
    const group = skin ? `${kind} ${name}` : kind;
    groups.set(group, [...(groups.get(group) ?? []), image]);
  }
  const splits = new Map<LabelledEmoji, Split>();
  for (const [group, members] of groups) {
    const splitOf = dealer(group, members);
    for (const image of members) splits.set(image, splitOf(image.attributes));
  }
  return splits;
}

/** Which split gets a combination of one name's, or one kind's, attributes. */
function dealer(group: string, members: readonly LabelledEmoji[]): (attributes: EmojiAttributes) => Split {
  const random = seededRandom(seedOf(`split of ${group}`));
  const valuesOf = (name: 'gender' | 'colour') =>
    shuffled([...new Set(members.flatMap(({ attributes }) => attributes[name] ?? []))], random);
  const skins = shuffled(emojiSkins, random);
  const genders = valuesOf('gender');
  const colours = valuesOf('colour');
  const inBlock = (position: number, from: number, count: number) => position >= from && position < from + count;

  if (colours.length > 0) {
    const held = Math.floor(colours.length / 3);
    return ({ colour }) => at(colours.indexOf(colour), held);
  }
  if (genders.length === 0) {
    const moreTest = random() < 0.5;
    const [test, val] = moreTest ? [2, 1] : [1, 2];
    return ({ skin }) => at(skins.indexOf(skin), test, val);
  }
  // Of three genders, two and two skin tones for each of val and test: changes of one are within the split, and every
  // pair of values is in training. Of two, both genders of one skin tone.
  const tones = genders.length > 2 ? 2 : 1;
  return ({ gender, skin }) => {
    const [g, s] = [genders.indexOf(gender), skins.indexOf(skin)];
    if (inBlock(g, 0, 2) && inBlock(s, 0, tones)) return 'test';
    return inBlock(g, genders.length - 2, 2) && inBlock(s, tones, tones) ? 'val' : 'train';
  };
}

/** The split of a place in a shuffled list of which first test, then val get some. */
const at = (position: number, test: number, val = test): Split =>
  position < test ? 'test' : position < test + val ? 'val' : 'train';
