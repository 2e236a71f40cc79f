import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder with the front page: the one that is named, or the demo where it is there.
 * @throws Error for a folder without a page
 */
export function frontPageFolder(named: string | undefined): string | undefined {
  if (named === undefined) return demoFolder();
  if (!existsSync(join(named, 'index.html'))) throw new Error(`${named}: expected a folder with an index.html`);
  return named;
}

/** The demo as a clone has it after `pnpm build`; with its pictures and models it is too large for a package. */
function demoFolder(): string | undefined {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const isClone = existsSync(join(root, 'packages/webcir/dist/cli.js'));
  const folder = join(root, 'apps/demo/dist');
  return isClone && existsSync(join(folder, 'index.html')) ? folder : undefined;
}
