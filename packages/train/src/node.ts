export { expectUnchanged, type MadeFrom, madeFrom } from './node/made-from.ts';
export { RunFolder } from './node/run-folder.ts';
