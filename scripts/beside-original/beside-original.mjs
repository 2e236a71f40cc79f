// Runs webcir beside the original PyTorch code: docs/parity.md says what is compared.
import { launch } from '../lib/launch.mjs';

await launch('scripts/beside-original/compare.mjs');
