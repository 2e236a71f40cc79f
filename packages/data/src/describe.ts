import { type Attribute, type Attributes, attributesOf, attributeValues, type FashionCategory } from './attributes.ts';
import { absolute, comparative, nouns, type Phrases, withArticle } from './phrases.ts';
import { pick, type Random, shuffled } from './random.ts';

/**
 * A caption for pre-training an image-text model (stage 0): "a photo of a black dress with long sleeves and a print".
 * Names the tone and two to four of the other known attributes in random order and wording. A quarter of the words come
 * from the relative captions' comparatives ("a dress with longer sleeves"), so that those words are learnt too.
 * @param attributes what is known of the picture; unknown attributes are left out
 */
export function describe(category: FashionCategory, attributes: Attributes, random: Random): string {
  const noun = pick(nouns[category], random);
  const known = attributesOf(category).filter((name) => attributes[name] !== undefined);
  const others = shuffled(
    known.filter((name) => name !== 'tone'),
    random,
  ).slice(0, 2 + Math.floor(random() * 3));
  const has = (name: Attribute) => pick(phrasesOf(name, attributes[name]!, random).has, random);
  const is = (name: Attribute) => pick(phrasesOf(name, attributes[name]!, random).is, random);
  const tone = known.includes('tone') ? pick(absolute.tone[attributes.tone!].is.slice(0, 4), random) : '';
  const tonedNoun = withArticle(tone ? `${tone} ${noun}` : noun);
  const listed = list(others.map(has));
  const opening = pick(['a photo of ', 'a picture of ', 'a product photo of ', '', '', 'this is ', 'an image of '], random);
  switch (Math.floor(random() * 4)) {
    case 0:
    case 1:
      return opening + tonedNoun + (listed && ` with ${listed}`);
    case 2:
      return `${opening}a ${noun} with ${list(known.includes('tone') ? shuffled([has('tone'), listed], random) : [listed])}`;
    default:
      return `${pick(['the', 'this'], random)} ${noun} is ${list(shuffled(known.includes('tone') ? [tone, ...others.slice(0, 2).map(is)] : others.map(is), random))}`;
  }
}

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
