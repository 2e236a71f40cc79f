import type { Emoji } from './source.ts';

/** What the emoji of Unicode's subgroups are, where one word fits all of them. */
const kinds: Readonly<Record<string, string>> = {
  'face-smiling': 'face',
  'face-affection': 'face',
  'face-tongue': 'face',
  'face-neutral-skeptical': 'face',
  'face-unwell': 'face',
  'face-concerned': 'face',
  'face-negative': 'face',
  heart: 'heart',
  'animal-mammal': 'animal',
  'animal-bird': 'bird',
  'animal-reptile': 'reptile',
  'animal-marine': 'sea animal',
  'animal-bug': 'bug',
  'plant-flower': 'flower',
  'plant-other': 'plant',
  'food-fruit': 'fruit',
  'food-vegetable': 'vegetable',
  'food-prepared': 'dish',
  'food-asian': 'dish',
  'food-sweet': 'dessert',
  drink: 'drink',
  'place-building': 'building',
  'transport-ground': 'vehicle',
  'transport-water': 'boat',
  'transport-air': 'aircraft',
  clothing: 'piece of clothing',
  'musical-instrument': 'musical instrument',
  phone: 'device',
  computer: 'device',
  'light-video': 'device',
  'book-paper': 'piece of paper',
  sport: 'piece of sports gear',
  tool: 'tool',
  household: 'household item',
  office: 'office item',
  writing: 'writing tool',
};

/** Kind of a thing; undefined for people, hands, signs, and subgroups of many kinds. */
export function kindOf({ label, subgroup, tone }: Emoji): string | undefined {
  if (tone > 0) return undefined;
  const shape = / (circle|square)$/.exec(label)?.[1];
  if (subgroup === 'geometric' && !/medium|small|button|hollow/.test(label)) return shape;
  return kinds[subgroup];
}
