import type { Change, Estimate, Measured, Measurements } from './measure.ts';
import { STAGES, type Stage } from './space.ts';

/** Writes a number for people. */
export type Format = (value: number) => string;

/** A fixed number of decimals, with a real minus. */
export const decimals =
  (digits: number, unit = ''): Format =>
  (value) => {
    const text = Math.abs(value).toFixed(digits);
    return `${value < 0 && Number(text) !== 0 ? '−' : ''}${text}${unit}`;
  };

/** With its sign, where anything is left of it. */
const signed = (value: number, format: Format): string => {
  const text = format(value);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
};

/** A number with its interval: "0.52 [0.50, 0.54]". */
export const withInterval = ({ value, low, high }: Estimate, format: Format): string =>
  `${format(value)} [${format(low)}, ${format(high)}]`;

/** Whether an interval holds zero: the data do not tell in which direction the change goes. */
export const isNoise = ({ low, high }: Estimate): boolean => low <= 0 && high >= 0;

/** The number of a stage. @throws RangeError where it was not measured */
export function numberOf({ measured }: Measurements, of: string, stage: Stage): Measured {
  const found = measured.find((one) => one.of === of && one.stage === stage);
  if (found) return found;
  const known = measured.map((one) => `${one.of} (${one.stage})`).join(', ');
  throw new RangeError(`expected a number of ${of} (${stage}), found ${known || 'none'}`);
}

/**
 * A sentence on what each stage did to one number: "From 0.82 with the base CLIP to 0.51 after stage 1 (−0.31 [−0.33,
 * −0.29])". A change whose interval holds zero is called none.
 * @param subject the beginning of the sentence, for instance "The gap between images and texts"
 */
export function sayChanges(subject: string, measurements: Measurements, of: string, format: Format): string {
  const changes = measurements.changes.filter((change) => change.of === of);
  if (changes.length === 0) {
    const [only] = measurements.measured.filter((one) => one.of === of);
    return `${subject} is ${withInterval(only, format)} ${where(only.stage)}.`;
  }
  const first = numberOf(measurements, of, changes[0].from);
  return `${subject} ${changes.map((change, i) => sayChange(change, i === 0 ? first.value : undefined, numberOf(measurements, of, change.to).value, format)).join(', and ')}.`;
}

function sayChange(change: Change, from: number | undefined, to: number, format: Format): string {
  const interval = `${signed(change.value, format)} [${signed(change.low, format)}, ${signed(change.high, format)}]`;
  const start = from === undefined ? '' : ` from ${format(from)} ${where(change.from)}`;
  if (change.low === 0 && change.high === 0) {
    return from === undefined
      ? `stays the same ${where(change.to)}`
      : `stays ${format(to)} ${where(change.from)} and ${where(change.to)}`;
  }
  if (isNoise(change)) {
    return from === undefined
      ? `shows no difference beyond noise ${where(change.to)} (${format(to)}, ${interval})`
      : `shows no difference beyond noise between ${format(from)} ${where(change.from)} and ${format(to)} ${where(change.to)} (${interval})`;
  }
  return `${change.value > 0 ? 'rises' : 'falls'}${start} to ${format(to)} ${where(change.to)} (${interval})`;
}

/**
 * A sentence on the highest and the lowest of some numbers by attribute, or that they do not differ beyond noise; none
 * where there are fewer than two.
 * @param subject the beginning of the sentence: "The gain is"
 */
export function sayEnds(subject: string, measured: readonly Measured[], format: Format): string[] {
  if (measured.length < 2) return [];
  const sorted = [...measured].sort((a, b) => b.value - a.value);
  const [most, least] = [sorted[0], sorted.at(-1)!];
  const said = (one: Measured) => `“${one.of}” (${withInterval(one, format)})`;
  return most.low > least.high
    ? [`${subject} highest where captions change ${said(most)}, and lowest for ${said(least)}.`]
    : [`${subject} the same beyond noise whatever attribute captions change.`];
}

/** "with the base CLIP", "after stage 1". */
export const where = (stage: Stage): string => (stage === 'base' ? `with the ${STAGES.base}` : STAGES[stage]);
