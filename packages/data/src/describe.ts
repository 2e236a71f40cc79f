import { type Attribute, type Attributes, attributesOf, attributeValues, type FashionCategory } from './attributes.ts';
import { absolute, comparative, nouns, type Phrases, withArticle } from './phrases.ts';
import { pick, type Random, shuffled } from './random.ts';

/**
 * A caption for pre-training an image-text model (stage 0): "a photo of a black dress with long sleeves and a print".
 * Names the tone and two to four of the other known attributes in random order and wording. A quarter of the words come
 * from the relative captions' comparatives ("a dress with longer sleeves"), so that those words are learnt too.
 * @param attributes the known ones; the caption leaves out the others
 */
export function describe(category: FashionCategory, attributes: Attributes, random: Random): string {
  const noun = pick(nouns[category], random);
  const known = attributesOf(category).filter((name) => attributes[name] !== undefined);
  if (!known.length) return `a photo of a ${noun}`;
  const phrase = (name: Attribute) => phrasesOf(name, attributes[name]!, random);
  const others = shuffled(
    known.filter((name) => name !== 'tone'),
    random,
  ).slice(0, 2 + Math.floor(random() * 3));
  const said = known.includes('tone') ? shuffled(['tone' as const, ...others], random) : others;
  if (random() < 0.25) {
    const is = list(said.slice(0, 3).map((name) => pick(phrase(name).is, random)));
    return `${pick([`the ${noun}`, `this ${noun}`, `a photo of a ${noun} that`, 'it', 'this one'], random)} is ${is}`;
  }
  const opening = pick(openings, random);
  if (random() < 0.35) return `${opening}a ${noun} with ${list(said.map((name) => pick(phrase(name).has, random)))}`;
  const tone = attributes.tone ? `${pick(absolute.tone[attributes.tone].is.slice(0, 4), random)} ` : '';
  const rest = list(others.map((name) => pick(phrase(name).has, random)));
  return opening + withArticle(tone + noun) + (rest && ` with ${rest}`);
}

const openings = ['a photo of ', 'a picture of ', 'a product photo of ', 'this is ', 'an image of ', '', ''];

function phrasesOf(name: Attribute, value: string, random: Random): Phrases {
  const direction = extremeOf(name, value);
  return name !== 'pattern' && direction && random() < 0.25 ? comparative[name][direction] : absolute[name][value];
}

/** Whether a value lies at the lower or the upper end of its attribute's order. */
function extremeOf(name: Attribute, value: string): 'less' | 'more' | undefined {
  const values: readonly string[] = attributeValues[name];
  const position = values.indexOf(value) / (values.length - 1);
  return position <= 0.25 ? 'less' : position >= 0.75 ? 'more' : undefined;
}

/** "a", "a and b", "a, b and c"; empty parts are skipped. */
function list(parts: string[]): string {
  const said = parts.filter(Boolean);
  return said.length < 2 ? said.join('') : `${said.slice(0, -1).join(', ')} and ${said[said.length - 1]}`;
}
