import { type Attribute, type Attributes, attributeValues, type FashionCategory } from '../../src/attributes.ts';
import { absolute, comparative, nouns, type Phrases, withArticle } from '../../src/phrases.ts';
import { pick, type Random, shuffled } from '../../src/random.ts';

type Style = 'absolute' | 'comparative';

/**
 * Two relative captions that together say every change, in the wordings of FashionIQ: "is darker and has longer
 * sleeves". The first says all changes, the second all or some of them in another order; where one compares, the other
 * names the value. One caption in ten also names something that stays.
 */
export function relativeCaptions(
  category: FashionCategory,
  from: Attributes,
  to: Attributes,
  changed: Attribute[],
  random: Random,
): [string, string] {
  const style: Style = random() < 0.5 ? 'absolute' : 'comparative';
  const order = shuffled(changed, random);
  const second = random() < 0.6 ? [...order].reverse() : order.slice(0, Math.max(1, order.length - 1));
  const captions = [
    caption(category, from, to, order, style, random),
    caption(category, from, to, second, style === 'absolute' ? 'comparative' : 'absolute', random),
  ];
  return shuffled(captions, random) as [string, string];
}

function caption(
  category: FashionCategory,
  from: Attributes,
  to: Attributes,
  said: Attribute[],
  style: Style,
  random: Random,
): string {
  const phrases = said.map((name) => phrasesOf(name, from, to, style));
  const is = phrases.map((p) => pick(p.is, random));
  const has = phrases.map((p) => pick(p.has, random));
  const noun = pick(nouns[category], random);
  const kept = (['sleeves', 'pattern'] as const).filter((name) => !said.includes(name));
  if (kept.length && said.includes('tone') && random() < 0.1) {
    const same = pick(kept, random);
    const tone = pick(absolute.tone[to.tone!].is.slice(0, 3), random);
    const features = [...has.slice(1), pick(absolute[same][to[same]!].has, random)];
    return `${withArticle(tone)} ${noun} with ${features.join(' and ')}`;
  }
  return said.length === 1 ? one(is[0], has[0], noun, random) : several(is, has, noun, random);
}

function one(is: string, has: string, noun: string, random: Random): string {
  return pick(
    [
      `is ${is}`,
      `is ${is}`,
      is,
      `the ${noun} is ${is}`,
      `it is ${is}`,
      `looks the same but is ${is}`,
      `has ${has}`,
      `has ${has}`,
      `with ${has}`,
      `the ${noun} has ${has}`,
      `it has ${has}`,
      `similar style with ${has}`,
      `same ${noun} but with ${has}`,
      `I want ${has}`,
      `I would like it with ${has}`,
      `make it ${is}`,
      `please show me one that is ${is}`,
      `looking for one with ${has}`,
      `appears ${is}`,
      `features ${has}`,
      `comes with ${has} instead`,
      `a similar ${noun} that is ${is}`,
    ],
    random,
  );
}

function several(is: string[], has: string[], noun: string, random: Random): string {
  const last = is.length - 1;
  const listed = (parts: string[]) => parts.slice(0, -1).join(', ') + ` and ${parts[parts.length - 1]}`;
  const tail = has.slice(1).join(' and ');
  return pick(
    [
      `is ${listed(is)}`,
      `${is.slice(0, last).join(', ')} and has ${has[last]}`,
      `is ${is.slice(0, last).join(' and ')} and has ${has[last]}`,
      `is ${is[0]} with ${tail}`,
      `${is[0]} with ${tail}`,
      `has ${listed(has)}`,
      `has ${has[0]} and is ${is.slice(1).join(' and ')}`,
      `with ${listed(has)}`,
      `the ${noun} is ${is[0]} and has ${tail}`,
      `it is ${is[0]}, with ${tail}`,
      `same ${noun} but ${is[0]} with ${tail}`,
      `I would like it ${is[0]} and with ${tail}`,
      `make it ${listed(is)}`,
      `features ${listed(has)}`,
      `comes with ${has[0]} and is ${is.slice(1).join(' and ')}`,
      `a similar ${noun} that is ${is[0]} and has ${tail}`,
      `looking for a ${noun} with ${listed(has)}`,
    ],
    random,
  );
}

function phrasesOf(name: Attribute, from: Attributes, to: Attributes, style: Style): Phrases {
  if (name === 'pattern' || style === 'absolute') return absolute[name][to[name]!];
  const values: readonly string[] = attributeValues[name];
  return comparative[name][values.indexOf(to[name]!) < values.indexOf(from[name]!) ? 'less' : 'more'];
}
