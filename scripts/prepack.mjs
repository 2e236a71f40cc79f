// Lets only pnpm pack a package: npm would leave `workspace:*` and sources that are not in the tarball in its
// package.json, where pnpm writes versions and asks .pnpmfile.mjs.
import { existsSync } from 'node:fs';

const packer = process.env.npm_config_user_agent ?? '';
if (!packer.startsWith('pnpm/')) {
  console.error('Pack with pnpm: npm leaves "workspace:*" in package.json, which nobody can install. npx pnpm pack');
  process.exitCode = 1;
} else if (!existsSync('dist/types')) {
  console.error('Not built yet: run "pnpm build" in the root first');
  process.exitCode = 1;
}
