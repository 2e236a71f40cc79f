/** What a goal asks for: '≥ 5× the best WebGPU peer' is at least 5, in times. */
export interface Bound {
  readonly direction: 'least' | 'most';
  readonly value: number;
  readonly unit: '×' | '%' | 's' | 'µs' | 'submits';
}

/** The result of a measurement; the number is in the unit of the goal. */
export type Measured =
  | {
      readonly value: number;
      /** How it came about, in a few words. */
      readonly detail?: string;
    }
  /** The measurement broke. */
  | { readonly failed: string }
  /** The goal cannot be judged on this machine. */
  | { readonly notRun: string };

export type Verdict = 'met' | 'missed' | 'stated' | 'not run';

/** A goal and its outcome. */
export interface Judged {
  readonly work: string;
  readonly goal: string;
  /** The number with its unit; '–' where there is none. */
  readonly measured: string;
  readonly verdict: Verdict;
  readonly note: string;
}

/** Reads the bound that a goal begins with; undefined where a number is only to be stated. */
export function parseGoal(goal: string): Bound | undefined {
  const match = /^([≥≤]) ([\d.]+) ?(×|%|s|µs|submits?)(?!\w)/u.exec(goal);
  if (!match) return undefined;
  const [, sign, value, unit] = match;
  return {
    direction: sign === '≥' ? 'least' : 'most',
    value: Number(value),
    unit: unit.replace(/^submit$/, 'submits') as Bound['unit'],
  };
}

/** Judges a measurement by a goal. */
export function judgeGoal(work: string, goal: string, measured: Measured): Judged {
  const bound = parseGoal(goal);
  const unmeasured = { work, goal, measured: '–' };
  if ('notRun' in measured) return { ...unmeasured, verdict: 'not run', note: measured.notRun };
  if ('failed' in measured) return { ...unmeasured, verdict: 'missed', note: `failed: ${measured.failed}` };
  const { value, detail: note = '' } = measured;
  const text = format(value, bound?.unit ?? '×');
  if (!bound) return { work, goal, measured: text, verdict: 'stated', note };
  const met = bound.direction === 'least' ? value >= bound.value : value <= bound.value;
  return { work, goal, measured: text, verdict: met ? 'met' : 'missed', note };
}

function format(value: number, unit: Bound['unit']): string {
  const digits = Number.isInteger(value) ? 0 : value < 10 ? 2 : 1;
  return unit === '×' ? `${value.toFixed(digits)}×` : `${value.toFixed(digits)} ${unit}`;
}

/** 'N met, N missed, N not run', and how many are only stated, if any. */
export function tally(judged: readonly Judged[]): string {
  const count = (verdict: Verdict) => judged.filter((goal) => goal.verdict === verdict).length;
  const stated = count('stated');
  const rest = stated ? `, ${stated} stated` : '';
  return `${count('met')} met, ${count('missed')} missed, ${count('not run')} not run${rest}`;
}
