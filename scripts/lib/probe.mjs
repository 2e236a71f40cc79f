// Run in a process of its own, since a broken driver may take the process down with it: asks Dawn for an adapter and a
// device, and prints the adapter's description as its only line. Exit code 1: there is none.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../packages/kernels/package.json', import.meta.url));
const { create } = require('webgpu');

const gpu = create([]);
// Dawn crashes where this object is collected while its adapter lives.
globalThis.gpu = gpu;
const adapter = await gpu.requestAdapter();
if (!adapter) process.exit(1);
const device = await adapter.requestDevice();
const { vendor, architecture, description } = adapter.info;
console.log([vendor, architecture, description].filter(Boolean).join(' '));
device.destroy();
