import type { Activation, ImageInput } from '../config.ts';
import { isRecord } from '../is-record.ts';
import type { Size, StatedSize } from './sizes.ts';

/** The two encoders of a model. */
export type Tower = 'vision' | 'text';

/** What the rules have read out of a model's configuration. */
export interface Stated {
  readonly activation: Partial<Record<Tower, Activation>>;
  readonly epsilon: Partial<Record<Tower, number>>;
  readonly heads: Partial<Record<Tower, number>>;
  /** Width of an attention head of the image encoder (open_clip says this in place of the heads). */
  headWidth?: number;
  /** Whether both encoders have QuickGELU (open_clip), which goes before other activations. */
  quickGelu?: boolean;
  /** Whether texts lose their punctuation before they are split into tokens (open_clip). */
  canonicalText?: boolean;
  /** Whether the middle of a resized image is cropped (transformers); it is unless this is false. */
  crop?: boolean;
  image: Partial<ImageInput>;
  readonly sizes: StatedSize[];
}

export const nothingStated = (): Stated => ({ activation: {}, epsilon: {}, heads: {}, image: {}, sizes: [] });

/** Takes a value, never null, into what is stated. @throws Error 'expected …' for a value that cannot be honoured */
export type Rule = (value: unknown, stated: Stated, where: string) => void;

/** What to do with each key of a file, by its path: `text_config.hidden_act`. */
export type RuleTable = Readonly<Record<string, Rule>>;

/** A key that does not change the features of a model that is not in training. */
export const free: Rule = () => {};

/** A key that can have these values only. @param part what another value would ask for */
export const only =
  (values: readonly unknown[], part: string): Rule =>
  (value) => {
    if (values.some((known) => JSON.stringify(known) === JSON.stringify(value))) return;
    throw new Error(`expected ${values.map((known) => JSON.stringify(known)).join(' or ')}: webcir has no ${part}`);
  };

/** A key that no model with a value for it can be honoured. @param part what it asks for */
export const refused =
  (part: string): Rule =>
  () => {
    throw new Error(`webcir has no ${part}`);
  };

/** A size, which the weights must have as well. @param of how the value gives it */
export const size =
  (name: Size, of: (value: unknown) => unknown = (value) => value): Rule =>
  (value, { sizes }, where) => {
    const stated = of(value);
    if (typeof stated !== 'string' && !isNatural(stated)) throw new Error('expected a whole number');
    sizes.push({ size: name, value: stated, where });
  };

/** A number above 0. */
export const positive = (value: unknown): number => {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new Error('expected a number above 0');
};

export const natural = (value: unknown): number => {
  if (isNatural(value)) return value;
  throw new Error('expected a whole number above 0');
};

const isNatural = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

/** A value of a few that have a meaning here. */
export function oneOf<T>(meanings: Readonly<Record<string, T>>, value: unknown): T {
  const key = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (Object.hasOwn(meanings, key)) return meanings[key];
  throw new Error(`expected one of ${Object.keys(meanings).join(', ')}`);
}

/** Three numbers, for red, green and blue. @param above what each must be above */
export function colours(value: unknown, above = Number.NEGATIVE_INFINITY): readonly number[] {
  const fits = Array.isArray(value) && value.length === 3 && value.every((x) => Number.isFinite(x) && x > above);
  if (fits) return value;
  throw new Error('expected three numbers, for red, green and blue');
}

/** A value that turns nothing on. */
const isOff = (value: unknown): boolean =>
  [null, false, 0, ''].includes(value as null) || (typeof value === 'object' && Object.keys(value!).length === 0);

/**
 * Reads a configuration by its table: every key is honoured, known not to matter, or refused by its name.
 * @throws Error naming the file, the key and the value
 */
export function applyRules(file: string, json: unknown, table: RuleTable, stated: Stated): void {
  if (!isRecord(json)) throw new Error(`${file}: expected a JSON object`);
  const visit = (value: unknown, path: string): void => {
    const rule = Object.hasOwn(table, path) ? table[path] : undefined;
    const where = `${file}: ${path}`;
    if (value === null) return;
    if (rule) {
      try {
        rule(value, stated, where);
      } catch (cause) {
        throw new Error(`${where}: ${(cause as Error).message}; found ${JSON.stringify(value)}`, { cause });
      }
    } else if (isRecord(value) && Object.keys(table).some((key) => key.startsWith(`${path}.`))) {
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
    } else if (!isOff(value)) {
      throw new Error(
        `${where}: this setting is not known, so that nobody can tell whether it changes the features; ` +
          `found ${JSON.stringify(value)}. If it does not, take it out of the file`,
      );
    }
  };
  for (const [key, value] of Object.entries(json)) visit(value, key);
}
