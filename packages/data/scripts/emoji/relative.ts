import {
  type EmojiAttribute,
  type EmojiAttributes,
  emojiSkins,
  genderNouns,
  skinComparatives,
  skinPhrases,
} from '../../src/emoji.ts';
import { withArticle } from '../../src/phrases.ts';
import { pick, type Random } from '../../src/random.ts';

/** What a caption says about a skin tone: its name, or only that it is darker or lighter. */
export type SkinStyle = 'named' | 'compared';

/** A relative caption in the manner of CIRR: "the same person, now as a firefighter and with darker skin". */
export function relativeCaption(
  from: EmojiAttributes,
  to: EmojiAttributes,
  changed: readonly EmojiAttribute[],
  style: SkinStyle,
  random: Random,
): string {
  const skin = changed.includes('skin') ? pick(skinWords(from, to, style), random) : '';
  const templates = from.kind === 'person' ? person : from.kind === 'hand' ? hand : thing;
  const said = templates(to, from, skin, random)[changed.join('+')];
  return pick(said, random);
}

function skinWords(from: EmojiAttributes, to: EmojiAttributes, style: SkinStyle): readonly string[] {
  return style === 'named'
    ? skinPhrases(to.skin)
    : skinComparatives[isDarker(to.skin, from.skin) ? 'darker' : 'lighter'];
}

/** Whether one of Unicode's tones is darker than another; yellow is neither darker nor lighter than any. */
export function isDarker(one: string, other: string): boolean {
  const [a, b] = [one, other].map((skin) => emojiSkins.indexOf(skin));
  return b > 0 && a > b;
}

type Templates = (
  to: EmojiAttributes,
  from: EmojiAttributes,
  skin: string,
  random: Random,
) => Readonly<Record<string, readonly string[]>>;

/** By what changes, joined by "+" in the order of `changeableOf`. */
const person: Templates = (to, _, skin, random) => {
  const noun = pick(genderNouns(to), random);
  const { name } = to;
  return {
    name: [
      `the same person ${name}`,
      `the same person, now ${name}`,
      `same person but ${name}`,
      `show this person ${name}`,
      `${name} instead`,
      `this person ${name}, please`,
      `keep gender and skin, but ${name}`,
    ],
    gender: [
      `${noun} instead`,
      `the same, but ${noun}`,
      `make it ${noun}`,
      `show ${noun} with the same skin`,
      `as it is, only ${noun}`,
      `${noun} in the same role`,
    ],
    skin: [
      `the same person with ${skin}`,
      `the same, but with ${skin}`,
      `with ${skin} instead`,
      `as it is, only with ${skin}`,
      `give this person ${skin}`,
      `has ${skin}`,
    ],
    'name+gender': [
      `${noun} ${name}, with the same skin`,
      `the same skin, but ${noun} ${name}`,
      `${noun} instead, ${name}`,
      `make it ${noun} ${name}, and keep the skin`,
    ],
    'name+skin': [
      `the same person ${name}, with ${skin}`,
      `now ${name} and with ${skin}`,
      `with ${skin} and ${name}`,
      `keep the gender, but ${name} and with ${skin}`,
    ],
    'gender+skin': [
      `${noun} instead, with ${skin}`,
      `make it ${noun} with ${skin}`,
      `the same, but ${noun} with ${skin}`,
      `show ${noun} with ${skin} in the same role`,
    ],
  };
};

const hand: Templates = ({ name }, _, skin) => ({
  name: [
    `${name} instead`,
    `the same skin, but ${name}`,
    `show ${name} in this skin tone`,
    `change it to ${name}`,
    `keep the skin, but show ${name}`,
  ],
  skin: [
    `the same with ${skin}`,
    `the same, but with ${skin}`,
    `with ${skin} instead`,
    `as it is, only with ${skin}`,
    `has ${skin}`,
  ],
});

const thing: Templates = ({ kind, colour }, from) => {
  const one = withArticle(kind);
  return {
    kind: [
      `${one} of the same colour`,
      `${one} in this colour`,
      `the same colour, but ${one}`,
      `keep the colour, but show ${one}`,
      `${one} instead of ${withArticle(from.kind)}, and of the same colour`,
    ],
    colour: [
      `${colour} instead of ${from.colour}`,
      `the same kind of thing in ${colour}`,
      `${withArticle(kind)} again, but ${withArticle(colour)} one`,
      `make it ${colour}`,
      `is ${colour}, not ${from.colour}`,
      `another ${kind}, in ${colour}`,
    ],
  };
};
