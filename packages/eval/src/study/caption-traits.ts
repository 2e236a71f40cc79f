import { quantile } from '../quantile.ts';

/** What a caption speaks of, by words that fashion and everyday captions share. A caption can have several traits. */
const SPEAKS_OF: Readonly<Record<string, RegExp>> = {
  colour:
    /\b(colou?r(s|ed|ful)?|tone|shade|hue|black|white|gr[ea]y|dark(er)?|light(er)?|bright(er)?|paler?|red|blue|green|pink|yellow|orange|purple|brown|beige|cream|ivory|charcoal|silver|ebony)\b/,
  pattern:
    /\b(pattern(ed|s)?|plain|print(ed)?|strip(es?|ed|y)|graphic|logo|floral|dots|solid|lettering|motif|banded|design|slogan|emblem)\b/,
  sleeves: /\b(sleeves?|sleeved|sleeveless|straps?|strappy|arms?|shoulders?|cami|camisole|tank)\b/,
  'length or fit':
    /\b(long(er)?|short(er)?|maxi|mini|knee|ankle|hem(line)?|fit(ted|s)?|loos(e|er)|tight(er)?|slim(mer)?|wid(e|er)|narrow(er)?|flared?|skirt|baggy|baggier|boxy|boxier)\b/,
  'a comparison': /\b(more|less|\w+[^r]er)\b(?! (case|neck))/,
  'a negation': /\b(no|not|without|isn't|doesn't|nothing|less|un\w+ed|instead)\b/,
};

/**
 * The traits of captions: what they speak of, and whether they are among the shortest or longest third of all, by words.
 * @returns for each trait that some captions have and some lack, whether each caption has it
 */
export function captionTraits(captions: readonly string[]): { readonly trait: string; readonly has: boolean[] }[] {
  const lengths = captions.map((caption) => wordsOf(caption).length);
  const sorted = [...lengths].sort((a, b) => a - b);
  const [short, long] = [quantile(sorted, 1 / 3), quantile(sorted, 2 / 3)];
  const traits = [
    { trait: `short (up to ${Math.floor(short)} words)`, has: lengths.map((length) => length <= short) },
    { trait: `long (over ${Math.floor(long)} words)`, has: lengths.map((length) => length > long) },
    ...Object.entries(SPEAKS_OF).map(([trait, words]) => ({
      trait,
      has: captions.map((caption) => words.test(caption.toLowerCase())),
    })),
  ];
  return traits.filter(({ has }) => has.includes(true) && has.includes(false));
}

/** The words of a caption, in lower case. */
export const wordsOf = (caption: string): string[] => caption.toLowerCase().match(/[\p{L}\p{N}'-]+/gu) ?? [];

/** Words that say nothing by themselves. */
const STOP_WORDS = new Set('a an the is has are and of in it its with on at to for that this as one'.split(' '));

/**
 * The words that at least `least` captions have.
 * @returns for each word whether each caption has it, most frequent first
 */
export function frequentWords(
  captions: readonly string[],
  least: number,
): { readonly word: string; readonly has: boolean[] }[] {
  const sets = captions.map((caption) => new Set(wordsOf(caption)));
  const counts = new Map<string, number>();
  for (const set of sets) for (const word of set) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .filter(([word, count]) => count >= least && count < captions.length && !STOP_WORDS.has(word))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([word]) => ({ word, has: sets.map((set) => set.has(word)) }));
}
