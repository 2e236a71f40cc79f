// The `webcir` command of this checkout.
import { launch } from './lib/launch.mjs';

await launch('packages/webcir/dist/cli.js');
