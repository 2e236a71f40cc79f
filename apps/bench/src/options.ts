import { parseArgs } from 'node:util';
import { programs } from './programs/index.ts';

export const usage = `usage: pnpm bench [NAME ...] [options]

Without an option, times what is named, or else everything: every benchmark case of every op, forward and backward, in
every variant that this adapter can run, and then whole programs. NAME is an op (layernorm), or one of these programs:
${programs.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n')}
The machine's ceilings are measured first: multiply-adds on registers, and a copy (by a kernel or the device, the
faster).

Instead of that:
  --peers            the same work with tfjs, jax-js, ONNX Runtime (WebGPU and CPU), usearch and PyTorch, in turns, each
                     result checked against webcir's before it is timed; NAME is a part of a work's name (matmul)
  --goals            every goal that webcir is to reach, measured: met, missed or not run; exit code 1 where one is
                     missed. NAME is a part of a goal's name
  --profile PROGRAM  where a program's time goes, dispatch by dispatch, and a trace for chrome://tracing or Perfetto
  --browser          the ops in Chromium: NAME and --rounds as above, nothing is written

Options:
  --rounds N         timed runs of each thing (default: 7, --goals 5); medians are shown, with intervals that hold the
                     true median with 95 % (from six rounds on; of fewer the whole range is shown)
  --compare FILE     also says what moved since an earlier run's JSON file
  --out FOLDER       where results go, as JSON and as a page (default: bench-results)
  --first-step       used by the bench itself: opens a device, does the first training step of the embedded model and
                     prints the milliseconds since the process started
  -h, --help`;

export type Mode = 'time' | 'peers' | 'goals' | 'profile' | 'first-step' | 'help';

export interface Options {
  readonly mode: Mode;
  readonly names: readonly string[];
  /** The program of `--profile`. */
  readonly program: string;
  readonly rounds: number;
  readonly compare?: string;
  readonly out: string;
}

/** Reads the command line. Throws an error that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      peers: { type: 'boolean' },
      goals: { type: 'boolean' },
      profile: { type: 'string' },
      rounds: { type: 'string' },
      compare: { type: 'string' },
      out: { type: 'string', default: 'bench-results' },
      'first-step': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const modes: Mode[] = [];
  if (values.help) modes.push('help');
  if (values.peers) modes.push('peers');
  if (values.goals) modes.push('goals');
  if (values.profile !== undefined) modes.push('profile');
  if (values['first-step']) modes.push('first-step');
  const [mode = 'time', second] = modes;
  if (second && mode !== 'help') throw new RangeError(`--${mode} and --${second}: expected one of them`);
  const rounds = Number(values.rounds ?? (mode === 'goals' ? 5 : 7));
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds: expected a whole number of at least 1');
  if (values.compare !== undefined && mode !== 'time') throw new RangeError('--compare: expected without another mode');
  const { compare, out } = values;
  return { mode, names: positionals, program: values.profile ?? '', rounds, compare, out };
}
