export { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
