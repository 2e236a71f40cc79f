import { ACTIVATIONS, TRANSFORMS } from '@webcir/clip';
import { QUERY_TEXTS, type QueryText } from '@webcir/data';
import { InvalidArgumentError, Option } from 'commander';

/** A parser for commander: a whole number of at least `min`. */
export const wholeNumber =
  (min: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min)
      throw new InvalidArgumentError(`expected a whole number of at least ${min}.`);
    return value;
  };

/** A parser for commander: a number in [min, max]. */
export const numberBetween =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max))
      throw new InvalidArgumentError(`expected a number from ${min} to ${max}.`);
    return value;
  };

/** An option with a few values, written in upper or lower case: CLIP4Cir says `CIRR` and `fashionIQ`. */
export function choice(flags: string, description: string, values: readonly string[]): Option {
  const option = new Option(flags, description).choices([...values]);
  return option.argParser((text) => {
    const value = values.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
    if (value === undefined) throw new InvalidArgumentError(`expected one of ${values.join(', ')}.`);
    return value;
  });
}

export const skipMissingOption = (): Option =>
  new Option('--skip-missing', 'leaves out unreadable images and what refers to them: numbers then do not compare');

export const truncateOption = (): Option =>
  new Option('--truncate', 'cuts texts that are longer than the model reads, instead of refusing them');

export const queryTextOption = (): Option => {
  const templates = Object.entries(QUERY_TEXTS).map(([name, text]) => `${name}: "${text}"`);
  return choice(
    '--query-text <name>',
    `what is read for a query of CIRCO, ${templates.join(', ')}. The shared concept hands over the noun of the answer, ` +
      'so that numbers with it do not compare with those of the caption alone (default: plain)',
    Object.keys(QUERY_TEXTS) satisfies string[] as QueryText[],
  );
};

/** The option for weights whose activation neither they nor a config.json say. */
export const activationOption = (): Option =>
  choice('--activation <name>', "CLIP's activation, where its file does not say it", ACTIVATIONS);

export const transformOption = (): Option =>
  choice(
    '--transform <name>',
    "preprocessing (default: the model's own where it names one, else targetpad)",
    TRANSFORMS,
  );

export const targetRatioOption = (): Option =>
  new Option('--target-ratio <r>', 'aspect ratio that targetpad pads to (default: 1.25)').argParser(
    numberBetween(1, 100),
  );
