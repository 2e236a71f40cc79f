import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The demo as a clone has it after `pnpm build`; with its pictures and models it is too large for a package. */
export function demoFolder(): string | undefined {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const isClone = existsSync(join(root, 'packages/webcir/dist/cli.js'));
  const folder = join(root, 'apps/demo/dist');
  return isClone && existsSync(join(folder, 'index.html')) ? folder : undefined;
}
