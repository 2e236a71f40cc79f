import { withArticle } from './phrases.ts';
import { pick, type Random } from './random.ts';

/** The known attributes of an emoji, by name: kind and name always, the others where they apply. */
export type EmojiAttributes = Readonly<Record<string, string>>;

/** Unicode's skin tones, after the yellow of an emoji without one, from light to dark. */
export const emojiSkins: readonly string[] = ['yellow', 'light', 'medium-light', 'medium', 'medium-dark', 'dark'];

/** Attributes of the images of `emoji-cir`, in the order in which they are stored. */
export const emojiAttributes = ['kind', 'name', 'gender', 'skin', 'colour'] as const;
/** One of `emojiAttributes`. */
export type EmojiAttribute = (typeof emojiAttributes)[number];

/**
 * The attributes that captions change: those that tell an image from all others. A thing's name is not among them, so
 * that captions speak of its kind and its colour.
 */
export function changeableOf({ kind }: EmojiAttributes): readonly EmojiAttribute[] {
  if (kind === 'person') return ['name', 'gender', 'skin'];
  return kind === 'hand' ? ['name', 'skin'] : ['kind', 'colour'];
}

const nouns: Readonly<Record<string, readonly string[]>> = {
  man: ['a man', 'a man', 'a male person'],
  woman: ['a woman', 'a woman', 'a female person'],
  neutral: ['a gender-neutral person', 'a person of neutral gender', 'a neutral person'],
};
const childNouns: Readonly<Record<string, readonly string[]>> = {
  man: ['a boy'],
  woman: ['a girl'],
  neutral: ['a gender-neutral child', 'a neutral child'],
};

/** What a person of a gender is called: "a woman", and "a girl" where the person is a child. */
export const genderNouns = ({ name, gender }: EmojiAttributes): readonly string[] =>
  (name === 'as a child' ? childNouns : nouns)[gender];

/** Ways to name a skin tone, fit after "with". */
export const skinPhrases = (skin: string): readonly string[] =>
  skin === 'yellow'
    ? ['yellow skin', 'plain yellow skin', 'the usual yellow skin', 'a yellow skin tone']
    : [`${skin} skin`, `${withArticle(skin)} skin tone`, `skin of a ${skin} tone`, `${withArticle(skin)} complexion`];

/** Ways to compare a skin tone with another, fit after "with". */
export const skinComparatives = {
  darker: ['darker skin', 'a darker skin tone', 'a darker complexion'],
  lighter: ['lighter skin', 'a lighter skin tone', 'a lighter complexion'],
} as const;

/**
 * A caption for pre-training an image-text model (stage 0): "a photo of a woman as a firefighter, with dark skin". A
 * person's or a hand's is of this image alone, but for some that compare skin, so that those words are learnt too.
 */
export function describeEmoji(attributes: EmojiAttributes, random: Random): string {
  const said = pick(openings, random);
  switch (attributes.kind) {
    case 'person':
      return said + person(attributes, random);
    case 'hand':
      return said + hand(attributes, random);
    default:
      return said + thing(attributes, random);
  }
}

const openings = ['', '', '', 'an emoji of ', 'an image of ', 'this is '];

function person(attributes: EmojiAttributes, random: Random): string {
  const noun = pick(genderNouns(attributes), random);
  const skin = pick(saidSkin(attributes.skin, random), random);
  return pick(
    [
      `${noun} ${attributes.name}, with ${skin}`,
      `${noun} with ${skin} ${attributes.name}`,
      `${noun} ${attributes.name} and with ${skin}`,
      `${noun} with ${skin}, now ${attributes.name}`,
    ],
    random,
  );
}

function hand({ name, skin }: EmojiAttributes, random: Random): string {
  const tone = pick(saidSkin(skin, random), random);
  return pick([`${name} with ${tone}`, `${name}, ${tone}`, `the gesture of ${name}, with ${tone}`], random);
}

function thing({ kind, name, colour }: EmojiAttributes, random: Random): string {
  return pick(
    [
      `${name}, ${withArticle(`${colour} ${kind}`)}`,
      `${withArticle(`${colour} ${kind}`)}: ${name}`,
      `${withArticle(kind)} in ${colour}, ${name}`,
      `${name}: ${withArticle(kind)}, ${withArticle(colour)} one`,
      withArticle(`${colour} ${kind}`),
      `${withArticle(kind)} of ${colour} colour`,
      name,
    ],
    random,
  );
}

/** A tone's own names; of the darkest and the lightest one in five times what compares it. */
function saidSkin(skin: string, random: Random): readonly string[] {
  const compared = random() < 0.2;
  if (compared && ['medium-dark', 'dark'].includes(skin)) return skinComparatives.darker;
  if (compared && ['light', 'medium-light'].includes(skin)) return skinComparatives.lighter;
  return skinPhrases(skin);
}
