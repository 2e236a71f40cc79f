// Makes sure, before any command that computes, that there is a WebGPU adapter, and installs a software one if not.
import { ensureAdapter } from './lib/adapter.mjs';

try {
  await ensureAdapter();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
