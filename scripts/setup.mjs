// Before any command that computes: makes sure that there is a WebGPU adapter, installing a software one if need be.
import { ensureAdapter } from './lib/adapter.mjs';

try {
  await ensureAdapter();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
