/** Python's `text.strip('.?, ')`: these four characters off both ends, and no others. */
export function stripCaption(text: string): string {
  return text.replace(/^[.?, ]+|[.?, ]+$/g, '');
}

/**
 * Python's `text.capitalize()`: the first character in title case, all the rest in lower case. Differs from Python only
 * for a first letter that is Georgian or Greek with an iota subscript (CLIP's tokenizer lower-cases everything anyway).
 */
export function capitalize(text: string): string {
  const [first = '', ...rest] = text;
  return titleCase(first) + rest.join('').toLowerCase();
}

/** Title case of one character: "ß" is "Ss" and "ǆ" is "ǅ", where `toUpperCase` gives "SS" and "Ǆ". */
function titleCase(character: string): string {
  const digraph = /[\u01c4-\u01cc\u01f1-\u01f3]/.test(character);
  if (digraph)
    return String.fromCodePoint(
      ...[0x1c5, 0x1c8, 0x1cb, 0x1f2].filter((c) => Math.abs(c - character.codePointAt(0)!) <= 1),
    );
  const [upper = '', ...expanded] = character.toUpperCase();
  return upper + expanded.join('').toLowerCase();
}

/**
 * The caption that CLIP4Cir trains with (its `generate_randomized_fiq_caption`): of two captions, with equal chances,
 * "first and second", "second and first", the first, or the second; a single caption as it is.
 * @param r uniform in [0, 1)
 * @throws for more than two captions, or none
 */
export function trainCaption(captions: readonly string[], r: number): string {
  if (captions.length === 1) return captions[0];
  const [first, second] = pair(captions);
  if (r < 0.25) return `${capitalize(first)} and ${second}`;
  if (r < 0.5) return `${capitalize(second)} and ${first}`;
  return capitalize(r < 0.75 ? first : second);
}

/** The four values of `trainCaption` for two captions (in order of `r`), the one for a single caption. */
export function trainCaptionForms(captions: readonly string[]): string[] {
  return captions.length === 1 ? [captions[0]] : [0, 0.25, 0.5, 0.75].map((r) => trainCaption(captions, r));
}

/**
 * The caption that CLIP4Cir evaluates with: "First and second" of two captions, a single caption (CIRR) as it is.
 * @throws for more than two captions, or none
 */
export function evalCaption(captions: readonly string[]): string {
  return captions.length === 1 ? captions[0] : trainCaption(captions, 0);
}

function pair(captions: readonly string[]): [string, string] {
  if (captions.length !== 2) throw new Error(`expected one or two captions, found ${captions.length}`);
  return [stripCaption(captions[0]), stripCaption(captions[1])];
}
