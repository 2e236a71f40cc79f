import { basename, resolve } from 'node:path';
import { expectFolder } from '@webcir/clip/node';
import { type Command, InvalidArgumentError } from 'commander';
import { formatBytes, formatSeconds, ProgressLine } from '../../progress.ts';
import type { PullOptions } from '../../weights/pull.ts';
import { weightsFolder } from '../clip-source.ts';

/** Adds `pull` to the group `webcir weights`. */
export function registerWeightsPull(weights: Command): void {
  weights
    .command('pull')
    .description('Fetches published weights, or the rest of them when it was interrupted, and checks them.')
    .argument(
      '<name>',
      'a model of webcir models, a Hugging Face repository ([hf:]OWNER/REPO[/FILE][@REVISION]), ' +
        'or an https:// address',
    )
    .option('--out <folder>', 'where weights go (default: weights/ in WEBCIR_CACHE or in .cache/webcir at home)')
    .option('--sha256 <hex>', 'checksum of the file at an address', checksum)
    .addHelpText('after', '\nFor Hugging Face, HF_TOKEN is a login and HF_ENDPOINT a mirror, as for huggingface_hub.')
    .action(pullCommand);
}

async function pullCommand(name: string, { out, sha256 }: { out?: string; sha256?: string }): Promise<void> {
  const { HF_ENDPOINT, HF_TOKEN } = process.env;
  const folder = resolve(out ?? weightsFolder());
  await expectFolder(folder);
  // The other commands need not wait until the HTTP client is loaded.
  const { pullWeights } = await import('../../weights/pull.ts');
  const path = await pullWeights(name, {
    folder,
    sha256,
    endpoint: (HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, ''),
    token: HF_TOKEN || undefined,
    follow,
  });
  console.log(`${path}\nNext: webcir weights inspect ${/\s/.test(path) ? `'${path}'` : path}`);
}

function checksum(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError('expected 64 hexadecimal digits.');
  return text.toLowerCase();
}

/** A progress line for one file. */
const follow: PullOptions['follow'] = (path) => {
  const line = new ProgressLine(basename(path));
  let start: { bytes: number; time: number } | undefined;
  return {
    received(bytes, size) {
      start ??= { bytes, time: performance.now() };
      const rate = (bytes - start.bytes) / ((performance.now() - start.time) / 1000);
      const total = size === undefined ? '' : ` of ${formatBytes(size)}`;
      const speed = `${formatBytes(bytes)}${total}  ${formatBytes(rate || 0)}/s`;
      if (size === undefined) line.update(0, speed);
      else line.update(bytes / size, `${speed}  ${formatSeconds((size - bytes) / rate)} left`);
    },
    waiting(reason, seconds) {
      start = undefined;
      line.update(0, `${reason}; again in ${seconds} s`);
    },
    finish({ was, bytes, sha256 }) {
      const checked = {
        fetched: `sha256 ${sha256}`,
        there: 'is there already',
        unchecked: 'is there already; the server could not be asked whether it is the same',
      };
      line.finish(`${formatBytes(bytes)}  ${checked[was]}`);
    },
  };
};
