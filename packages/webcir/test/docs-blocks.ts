import { readFile } from 'node:fs/promises';

/** The blocks of code of a page of docs/, in its order. */
export async function blocksOf(page: string): Promise<{ language: string; code: string }[]> {
  const text = await readFile(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }));
}
