import type { Drawn, Example } from '../examples.ts';

/** Which end of a triplet a query leads to: the target, or back to the reference. */
export type End = 'target' | 'reference';

/** Where a query that leads to one end comes from. */
export const startOf = (end: End): End => (end === 'target' ? 'reference' : 'target');

/**
 * The images that examples give as answers to the same image and the same words, its own among them.
 * @param end what the queries lead to
 */
export function rightAnswers(examples: readonly Example[], end: End): (drawn: Drawn) => ReadonlySet<string> {
  const start = startOf(end);
  const keyOf = (example: Example, form: number) => `${example.texts[form].join(' ')} ${example[start]}`;
  const answers = new Map<string, Set<string>>();
  for (const example of examples) {
    for (const form of example.texts.keys()) {
      const key = keyOf(example, form);
      answers.set(key, (answers.get(key) ?? new Set()).add(example[end]));
    }
  }
  return ({ example, form }) => answers.get(keyOf(example, form))!;
}
