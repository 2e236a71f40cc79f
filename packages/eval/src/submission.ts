/**
 * A CIRR test submission, as the bytes that CLIP4Cir's `cirr_test_submission.py` writes.
 * @param metric `recall`: up to 50 names per query, from the whole split; `recall_subset`: 3, from the query's group
 * @param found image names by `pairid`, best first
 */
export function cirrSubmission(
  metric: 'recall' | 'recall_subset',
  found: ReadonlyMap<string, readonly string[]>,
): string {
  const entries = Object.entries({ version: 'rc2', metric, ...Object.fromEntries(found) });
  // Python's `sort_keys` sorts keys as text, so that 10 comes before 9.
  return pythonObject(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * A CIRCO test submission, in the form of the examples that come with CIRCO: the COCO ids of 50 images per query.
 * @param found image ids by query id, best first
 * @throws RangeError naming an image whose id is no number
 */
export function circoSubmission(found: ReadonlyMap<string, readonly string[]>): string {
  const numbers = [...found].map(([id, images]): [string, number[]] => [id, images.map(cocoNumber)]);
  return pythonObject(numbers.sort(([a], [b]) => Number(a) - Number(b)));
}

function cocoNumber(id: string): number {
  if (!/^\d+$/.test(id)) throw new RangeError(`image "${id}": expected a number of COCO, such as 243611`);
  return Number(id);
}

type Value = string | number | readonly Value[];

/** What Python's `json.dump` writes by default: a space after every colon and comma, and ASCII only. */
const pythonObject = (entries: readonly [key: string, value: Value][]): string =>
  `{${entries.map(([key, value]) => `${pythonJson(key)}: ${pythonJson(value)}`).join(', ')}}`;

function pythonJson(value: Value): string {
  if (typeof value === 'object') return `[${value.map(pythonJson).join(', ')}]`;
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}
