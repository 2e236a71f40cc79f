import type { Emoji } from './source.ts';
import { skinOf } from './tones.ts';

/**
 * What a person is shown as, fit after "a woman": by the code points that stay without base, gender and skin. Left out
 * are astronauts, whose genders look the same, deaf people, of whom the images show an ear, and those who row, climb or
 * ride down a mountain: their skin is too little of the image.
 */
const predicates: Readonly<Record<string, string>> = {
  '': 'as an ordinary adult',
  '1f471': 'with blond hair',
  '1f9b0': 'with red hair',
  '1f9b1': 'with curly hair',
  '1f9b3': 'with white hair',
  '1f9b2': 'without hair',
  '1f9d4': 'with a beard',
  '1f64d': 'frowning',
  '1f64e': 'pouting',
  '1f645': 'crossing the arms to say no',
  '1f646': 'with arms over the head to say OK',
  '1f481': 'tipping a hand',
  '1f64b': 'raising a hand',
  '1f647': 'bowing',
  '1f926': 'with a hand on the face',
  '1f937': 'shrugging',
  '2695': 'as a health worker',
  '1f393': 'as a student',
  '1f3eb': 'as a teacher',
  '2696': 'as a judge',
  '1f33e': 'as a farmer',
  '1f373': 'as a cook',
  '1f527': 'as a mechanic',
  '1f3ed': 'as a factory worker',
  '1f4bc': 'as an office worker',
  '1f52c': 'as a scientist',
  '1f4bb': 'as a technologist',
  '1f3a4': 'as a singer',
  '1f3a8': 'as an artist',
  '2708': 'as a pilot',
  '1f692': 'as a firefighter',
  '1f46e': 'as a police officer',
  '1f575': 'as a detective',
  '1f482': 'as a guard',
  '1f477': 'as a construction worker',
  '1f473': 'wearing a turban',
  '1f935': 'in a tuxedo',
  '1f470': 'wearing a veil',
  '1f37c': 'feeding a baby',
  '1f9b8': 'as a superhero',
  '1f9b9': 'as a supervillain',
  '1f9d9': 'as a mage',
  '1f9da': 'as a fairy',
  '1f9db': 'as a vampire',
  '1f9dc': 'with a fish tail',
  '1f9dd': 'as an elf',
  '1f486': 'getting a massage',
  '1f487': 'getting a haircut',
  '1f6b6': 'walking',
  '1f9cd': 'standing',
  '1f9ce': 'kneeling',
  '1f9af': 'with a white cane',
  '1f9bc': 'in a motorized wheelchair',
  '1f9bd': 'in a manual wheelchair',
  '1f3c3': 'running',
  '1f9d6': 'in a steam bath',
  '1f3cc': 'playing golf',
  '1f3c4': 'surfing',
  '1f3ca': 'swimming',
  '26f9': 'bouncing a ball',
  '1f3cb': 'lifting weights',
  '1f6b4': 'riding a bike',
  '1f938': 'doing a cartwheel',
  '1f93d': 'playing water polo',
  '1f93e': 'playing handball',
  '1f939': 'juggling',
  '1f9d8': 'sitting cross-legged',
};

/** Emoji that Unicode gives a code point of their own for each gender. */
const apart: Readonly<Record<string, readonly [predicate: string, gender: Gender]>> = {
  '1f9d2': ['as a child', 'neutral'],
  '1f466': ['as a child', 'man'],
  '1f467': ['as a child', 'woman'],
  '1f9d3': ['in old age', 'neutral'],
  '1f474': ['in old age', 'man'],
  '1f475': ['in old age', 'woman'],
  '1fac5': ['wearing a crown', 'neutral'],
  '1f934': ['wearing a crown', 'man'],
  '1f478': ['wearing a crown', 'woman'],
  '1fac4': ['in pregnancy', 'neutral'],
  '1fac3': ['in pregnancy', 'man'],
  '1f930': ['in pregnancy', 'woman'],
  '1f9d1-1f384': ['as Santa Claus', 'neutral'],
  '1f385': ['as Santa Claus', 'man'],
  '1f936': ['as Santa Claus', 'woman'],
  '1f57a': ['dancing', 'man'],
  '1f483': ['dancing', 'woman'],
};

/**
 * Shown so that a person of neutral gender looks like the man (a mage, like the woman) at the size of the set: what is
 * worn hides the hair, or is no T-shirt, which is orange, blue or violet by gender. In pregnancy two tones look the same.
 */
const withoutNeutral: ReadonlySet<string> = new Set([
  'as a cook',
  'as a detective',
  'as a factory worker',
  'as a farmer',
  'as a firefighter',
  'as a guard',
  'as a judge',
  'as a mage',
  'as a mechanic',
  'as a pilot',
  'as a police officer',
  'as a student',
  'as a superhero',
  'as a supervillain',
  'as a teacher',
  'as a technologist',
  'as a vampire',
  'as an artist',
  'as an office worker',
  'in a tuxedo',
  'in pregnancy',
  'juggling',
  'wearing a turban',
  'wearing a veil',
  'without hair',
]);

export type Gender = 'neutral' | 'man' | 'woman';

const bases: Readonly<Record<string, Gender>> = { '1f9d1': 'neutral', '1f468': 'man', '1f469': 'woman' };
const signs: Readonly<Record<string, Gender>> = { '2642': 'man', '2640': 'woman' };

/** Gender, and what a person is shown as; undefined for emoji that do not show one person of a gender clearly. */
export function personOf(emoji: Emoji): { name: string; gender: Gender } | undefined {
  const person = emoji.subgroup.startsWith('person') ? read(emoji.points) : undefined;
  if (person?.gender === 'neutral' && withoutNeutral.has(person.name)) return undefined;
  // With medium-light skin the ordinary adult is blond, too: the same image.
  return person?.name === 'with blond hair' && skinOf(emoji) === 'medium-light' ? undefined : person;
}

function read(sequence: string): { name: string; gender: Gender } | undefined {
  const points = sequence.split('-').filter((point) => point !== '200d' && !/^1f3f[b-f]$/.test(point));
  const own = apart[points.join('-')];
  if (own) return { name: own[0], gender: own[1] };
  const based = bases[points[0]];
  const sign = signs[points.at(-1)!];
  const rest = points.slice(based ? 1 : 0, sign ? -1 : undefined).join('-');
  const name = predicates[rest];
  return name === undefined ? undefined : { name, gender: sign ?? based ?? 'neutral' };
}
