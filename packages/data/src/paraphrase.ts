import { absolute, comparative, type Phrases } from './phrases.ts';
import { pick, type Random } from './random.ts';

/**
 * Says the same in other words: every phrase of the templates that made the embedded set's captions is replaced by
 * another one for the same value or the same change.
 * @returns undefined where a caption holds no such phrase, as those of other data sets may
 */
export function paraphrase(caption: string, random: Random): string | undefined {
  let changed = false;
  const said = caption.replace(phrasePattern(), (phrase: string) => {
    const others = synonymsOf(phrase.toLowerCase());
    if (others.length === 0) return phrase;
    changed = true;
    const other = pick(others, random);
    return /^\p{Lu}/u.test(phrase) ? other[0].toUpperCase() + other.slice(1) : other;
  });
  return changed ? said : undefined;
}

/** Every list of phrases that mean one thing and fit after the same verb. */
function* synonymLists(): Generator<readonly string[]> {
  const groups = [...Object.values(absolute).flatMap(valuesOf), ...Object.values(comparative).flatMap(valuesOf)];
  for (const { is, has } of groups) yield* [is, has];
}

const valuesOf = (phrases: Readonly<Record<string, Phrases>>): Phrases[] => Object.values(phrases);

/** Longer phrases stand first, so that "dark grey" is not read as "dark". */
function phrasePattern(): RegExp {
  const phrases = [...new Set([...synonymLists()].flat())].sort((a, b) => b.length - a.length);
  return new RegExp(`(?<![\\w-])(${phrases.join('|')})(?![\\w-])`, 'gi');
}

/** Other phrases for the only thing that a phrase may mean; none where it may mean several. */
function synonymsOf(phrase: string): string[] {
  const lists = [...synonymLists()].filter((list) => list.includes(phrase));
  return lists.length === 1 ? lists[0].filter((other) => other !== phrase) : [];
}
