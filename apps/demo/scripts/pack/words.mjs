import { evalCaption } from '@webcir/data';

/** Queries that visitors can try, and captions that they can take, at most. */
const LIMITS = { queries: 600, captions: 240 };

/** Queries of a split whose right answer is known, evenly taken. @returns {{ reference, target, text }[]} */
export function queriesOf(dataset, split) {
  const queries = dataset
    .triplets(split)
    .map(({ reference, target, captions }) => ({ reference, target, text: evalCaption(captions) }));
  return evenly(queries, LIMITS.queries);
}

/** Captions that say one thing, those that are said most often first. */
export function captionsOf(dataset, split) {
  const counts = new Map();
  for (const { captions } of dataset.triplets(split))
    for (const caption of captions) counts.set(caption, (counts.get(caption) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || a.length - b.length || (a < b ? -1 : 1))
    .slice(0, LIMITS.captions)
    .map(([caption]) => caption);
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
