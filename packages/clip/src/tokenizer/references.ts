/** Values of HTML's named character references, by the text after the `&`: 'amp;', and for some of them 'amp' too. */
export type CharacterReferences = ReadonlyMap<string, string>;

/**
 * @param lines a name and the code points that it stands for, in hexadecimal: 'amp; 26'
 * @throws when there are none
 */
export function parseReferences(lines = ''): CharacterReferences {
  const references = new Map<string, string>();
  for (const [, name, codes] of lines.matchAll(/^(\S+) ([0-9a-f ]+)$/gm)) {
    references.set(name, String.fromCodePoint(...codes.split(' ').map((code) => Number.parseInt(code, 16))));
  }
  if (references.size > 0) return references;
  throw new Error(
    "Vocabulary: expected HTML's character references after the merges and an empty line, found none. " +
      'Use clip-vocabulary.txt.gz of @webcir/clip.',
  );
}
