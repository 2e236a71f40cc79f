import { evalCaption } from '@webcir/data';

/** Queries that visitors can try, captions that they can take, and references of a caption, at most. */
const LIMITS = { queries: 600, captions: 240, references: 12 };

/** Queries of a split whose right answer is known, evenly taken. @returns {{ reference, target, text }[]} */
export function queriesOf(dataset, split) {
  const queries = dataset
    .triplets(split)
    .map(({ reference, target, captions }) => ({ reference, target, text: evalCaption(captions) }));
  return evenly(queries, LIMITS.queries);
}

/**
 * Captions that say one thing, those that are said most often first, and of what they are said.
 * @returns {{ text: string, references: string[] }[]} ids of reference images, a few
 */
export function captionsOf(dataset, split) {
  const said = new Map();
  for (const { reference, captions } of dataset.triplets(split))
    for (const text of captions) said.set(text, [...(said.get(text) ?? []), reference]);
  return [...said]
    .sort(([a, m], [b, n]) => n.length - m.length || a.length - b.length || (a < b ? -1 : 1))
    .slice(0, LIMITS.captions)
    .map(([text, references]) => ({ text, references: evenly(references, LIMITS.references) }));
}

/** What an image shows, in a few words, for those who do not see it. */
export function labelOf(dataset, id) {
  const attributes = dataset.attributes(id);
  return dataset.name === 'emoji-cir' ? labelOfEmoji(attributes) : Object.values(attributes).join(', ');
}

function labelOfEmoji({ kind, name, gender, skin, colour }) {
  const words = { person: gender === 'neutral' ? 'person' : gender, hand: undefined }; // a hand's name says so
  const subject = kind in words ? words[kind] : kind;
  const toned = skin && `${skin} skin`;
  return kind in words
    ? [[subject, name].filter(Boolean).join(' '), toned].filter(Boolean).join(', ')
    : [name, colour].filter(Boolean).join(', ');
}

function evenly(list, count) {
  if (list.length <= count) return list;
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]);
}
