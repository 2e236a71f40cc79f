import type { StepReport } from '@webcir/train';
import pc from 'picocolors';

/** Milliseconds between two updates: of the line on a terminal, and between the lines of a log. */
const PAUSE = { terminal: 100, log: 5_000 };

/** One line that keeps itself up to date on a terminal; elsewhere (a log, CI) a new line every few seconds. */
export class ProgressLine {
  readonly #label: string;
  readonly #stream: NodeJS.WriteStream;
  readonly #started = performance.now();
  #shown = Number.NEGATIVE_INFINITY;
  #last = '';

  constructor(label: string, stream: NodeJS.WriteStream = process.stdout) {
    this.#label = label;
    this.#stream = stream;
  }

  /** @param fraction done, 0 to 1 */
  update(fraction: number, details: string): void {
    const percent = `${Math.floor(100 * fraction)}%`.padStart(4);
    this.#last = `${this.#label} ${percent}  ${details}`;
    const now = performance.now();
    if (now - this.#shown < (this.#stream.isTTY ? PAUSE.terminal : PAUSE.log)) return;
    this.#shown = now;
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${this.#last}` : `${this.#last}\n`);
  }

  /** Leaves a last line behind. */
  finish(details: string): void {
    const seconds = formatSeconds((performance.now() - this.#started) / 1000);
    this.#stream.write(
      `${this.#stream.isTTY ? '\r\x1b[K' : ''}${pc.green('✓')} ${this.#label}  ${details}  ${pc.dim(seconds)}\n`,
    );
  }
}

/** Decimal units, as disks and networks are sold: '421.4 MB'. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** How fast training goes and how long it will: '4.18 steps/s  30 s left', with two blanks before; empty while unknown. */
export function formatSpeed({ stepsPerSecond, secondsLeft }: StepReport): string {
  if (stepsPerSecond === undefined || secondsLeft === undefined) return '';
  return `  ${stepsPerSecond.toFixed(2)} steps/s  ${formatSeconds(secondsLeft)} left`;
}

export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
