// pnpm packs what `published` leaves; versions it writes by itself. npm is given the same by scripts/prepack.mjs.
import { published } from './scripts/lib/published.mjs';

export const hooks = { beforePacking: published };
