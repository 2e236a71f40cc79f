// Tidies up after npm has packed a package: the workspace's package.json comes back, and a copied licence goes.
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { keptManifest } from './lib/published.mjs';

if (existsSync(keptManifest)) {
  renameSync(keptManifest, 'package.json');
  if (readFileSync('LICENSE', 'utf8') === readFileSync('../../LICENSE', 'utf8')) rmSync('LICENSE');
}
