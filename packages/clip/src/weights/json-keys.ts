/** Strings, and the punctuation that says where a string is a key. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs;

/**
 * JSON.parse silently takes the last of two equal keys, so that a file could show one tensor to one reader and another
 * to the next.
 * @throws when the object that `text` holds names a key twice
 */
export function expectDistinctKeys(text: string): void {
  const seen = new Set<string>();
  let depth = 0;
  let key = '';
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token !== ':') key = token;
    else if (depth === 1) {
      const name = JSON.parse(key) as string;
      if (seen.has(name)) throw new Error(`${JSON.stringify(name)} is in it twice`);
      seen.add(name);
    }
  }
}
