// Measures what light weights (int8) weigh and cost; see measure.mjs.
import { launch } from '../lib/launch.mjs';

await launch('scripts/light-weights/measure.mjs');
