import { MissingPackageError, packageName } from '@webcir/kernels';

/** Packages that some commands need and that do not come with webcir: Dawn and the images are heavy. */
const packages = { webgpu: 'webgpu@0.6.2', sharp: 'sharp@0.35.5', embedded: '@webcir/embedded@0.1.0' };
type Need = keyof typeof packages;

interface GivenOptions {
  readonly dataset?: string;
  readonly run?: string;
  readonly clipModelName?: string;
  readonly clipModelPath?: string;
}

const takesSmallClip = ({ run, clipModelName, clipModelPath }: GivenOptions) =>
  (run ?? clipModelName ?? clipModelPath) === undefined;
const isEmbedded = ({ dataset }: GivenOptions) => dataset === 'fmnist-cir';

const encoding = (needsEmbedded: boolean): readonly Need[] => [
  'webgpu',
  'sharp',
  ...(needsEmbedded ? (['embedded'] as const) : []),
];

/** What each command needs; one that is not listed needs nothing. */
const needs: Readonly<Record<string, (options: GivenOptions) => readonly Need[]>> = {
  train: (given) => encoding(isEmbedded(given) || takesSmallClip(given)),
  eval: (given) => encoding(takesSmallClip(given)),
  submit: (given) => encoding(takesSmallClip(given)),
  study: (given) => encoding(isEmbedded(given) || takesSmallClip(given)),
  encode: (given) => encoding(takesSmallClip(given)),
  pretrain: () => ['webgpu', 'embedded'],
  export: () => ['sharp', 'embedded'],
  check: (given) => [isEmbedded(given) ? 'embedded' : 'sharp'],
};

/**
 * Checks that the packages that a command needs can be found, before it does anything.
 * @throws MissingPackageError naming all that are missing
 */
export function expectPackages(command: string, options: GivenOptions): void {
  const missing = (needs[command]?.(options) ?? []).map((need) => packages[need]).filter((spec) => !isInstalled(spec));
  if (missing.length > 0) throw new MissingPackageError(`webcir ${command} needs more than webcir`, missing.join(' '));
}

function isInstalled(spec: string): boolean {
  try {
    import.meta.resolve(packageName(spec));
    return true;
  } catch {
    return false;
  }
}
