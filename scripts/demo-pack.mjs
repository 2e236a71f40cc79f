// Makes a pack of the demo: see apps/demo/scripts/make-pack.mjs.
import { launch } from './lib/launch.mjs';

await launch('apps/demo/scripts/make-pack.mjs');
