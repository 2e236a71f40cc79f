// What each option beyond the paper changes: trains with it and without, over several seeds; see measure.mjs.
import { launch } from '../lib/launch.mjs';

await launch('scripts/options/measure.mjs');
