// `pnpm bench`: how fast webcir is, on this machine, beside its ceilings, its peers and its goals.
import { reportFirstStep } from './measure/first-step.ts';
import { runGoals } from './modes/goals.ts';
import { runPeers } from './modes/peers.ts';
import { runProfile } from './modes/profile.ts';
import { runTimings } from './modes/timings.ts';
import { type Mode, type Options, readOptions, usage } from './options.ts';

const modes: Readonly<Record<Mode, (options: Options) => Promise<unknown>>> = {
  time: runTimings,
  peers: runPeers,
  goals: runGoals,
  profile: runProfile,
  'first-step': reportFirstStep,
  help: async () => console.log(usage),
};

try {
  const options = readOptions(process.argv.slice(2));
  // False means that something is wrong and has been reported.
  if ((await modes[options.mode](options)) === false) process.exitCode = 1;
} catch (error) {
  console.error(`error: ${(error as Error).message}\n(--help lists what the bench can do)`);
  process.exitCode = 1;
}
