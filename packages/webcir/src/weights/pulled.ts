import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hubWeights } from './catalogue.ts';
import { parseName } from './names.ts';

/**
 * What `openClipModel` opens of a name that was pulled: a file, or the folder of a repository.
 * @param folder of all weights
 * @returns undefined where it was not pulled, or not to its end
 */
export function pulledPath(name: string, folder: string): string | undefined {
  const named = parseName(name);
  if ('url' in named) return ifThere(join(folder, named.path));
  const repository = join(folder, named.folder);
  if (named.file !== undefined) return ifThere(join(repository, named.file));
  return hubWeights.some((weights) => existsSync(join(repository, weights))) ? repository : undefined;
}

const ifThere = (path: string): string | undefined => (existsSync(path) ? path : undefined);
