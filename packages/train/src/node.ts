export { RunFolder } from './node/run-folder.ts';
