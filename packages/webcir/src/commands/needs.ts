import { isEmbedded } from '@webcir/data/node';
import { MissingPackageError, packageName } from '@webcir/kernels';

/** Packages that some commands need and that do not come with webcir: Dawn and the images are heavy, and few have a database. */
const packages = {
  webgpu: 'webgpu@0.6.2',
  sharp: 'sharp@0.35.5',
  'fmnist-cir': '@webcir/embedded@0.1.0',
  'emoji-cir': '@webcir/embedded-emoji@0.1.0',
  pg: 'pg@8.23.1',
  'pg-boss': 'pg-boss@10.4.2',
  serve: '@webcir/serve@0.1.0',
};
type Need = keyof typeof packages;

interface GivenOptions {
  readonly dataset?: string;
  readonly run?: string;
  readonly clipModelName?: string;
  readonly clipModelPath?: string;
  readonly queue?: boolean;
}

/** The embedded data set that is named. */
const embedded = (name: string | undefined): Need[] => (name !== undefined && isEmbedded(name) ? [name] : []);

/** The embedded data set whose small CLIP is taken. */
const smallClip = ({ dataset, run, clipModelName, clipModelPath }: GivenOptions): Need[] =>
  (run ?? clipModelName ?? clipModelPath) === undefined ? [embedded(dataset)[0] ?? 'fmnist-cir'] : [];

const encoding = (given: GivenOptions): Need[] => ['webgpu', 'sharp', ...smallClip(given), ...embedded(given.dataset)];

/** What each command needs, by its options and arguments; one that is not listed needs nothing. */
const needs: Readonly<Record<string, (options: GivenOptions, args: readonly string[]) => readonly Need[]>> = {
  train: encoding,
  eval: encoding,
  submit: encoding,
  study: encoding,
  encode: encoding,
  index: (given) => [...encoding(given), ...(given.queue ? (['pg', 'pg-boss'] as const) : [])],
  search: encoding,
  serve: (given) => ['serve', ...encoding(given)],
  pretrain: ({ dataset }) => ['webgpu', ...opening(dataset)],
  export: (_, [name]) => ['sharp', ...embedded(name)],
  check: ({ dataset }) => opening(dataset),
};

/** What the images of a data set need. */
const opening = (name: string | undefined): Need[] => (name === 'fmnist-cir' ? [name] : ['sharp', ...embedded(name)]);

/**
 * Checks that the packages that a command needs can be found, before it does anything.
 * @throws MissingPackageError naming all that are missing
 */
export function expectPackages(command: string, options: GivenOptions, args: readonly string[]): void {
  const wanted = new Set(needs[command]?.(options, args));
  const missing = [...wanted].map((need) => packages[need]).filter((spec) => !isInstalled(spec));
  if (missing.length > 0) throw new MissingPackageError(`webcir ${command} needs more than webcir`, missing.join(' '));
}

function isInstalled(spec: string): boolean {
  try {
    import.meta.resolve(packageName(spec));
    return true;
  } catch (error) {
    // One that is there, and that has only entries with names of their own.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
  }
}
