// The profiler of this checkout.
import { launch } from './lib/launch.mjs';

await launch('apps/bench/dist/cli.js');
