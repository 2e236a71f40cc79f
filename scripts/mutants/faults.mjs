import evaluation from './faults/evaluation.mjs';
import layers from './faults/layers.mjs';
import light from './faults/light.mjs';
import losses from './faults/losses.mjs';
import models from './faults/models.mjs';
import optimizer from './faults/optimizer.mjs';
import pixels from './faults/pixels.mjs';
import search from './faults/search.mjs';
import sources from './faults/sources.mjs';
import study from './faults/study.mjs';
import texts from './faults/texts.mjs';
import training from './faults/training.mjs';

/**
 * Small faults, each of which some test must catch: `name`; `file` from the root; the text `from` that occurs in it once,
 * and the text `to` that takes its place and compiles as well; `means`, in words; `tests`, filters of the test files that
 * are likely to catch it.
 */
export const faults = [
  ...optimizer,
  ...layers,
  ...light,
  ...models,
  ...pixels,
  ...texts,
  ...sources,
  ...search,
  ...study,
  ...losses,
  ...training,
  ...evaluation,
];

/**
 * The text of a file with a fault in it.
 * @throws where the text that the fault replaces does not occur once
 */
export function replaced(text, { name, file, from, to }) {
  const count = text.split(from).length - 1;
  if (count !== 1) throw new Error(`fault ${name}: ${file} has ${JSON.stringify(from)} ${count} times, expected once`);
  return text.split(from).join(to);
}
