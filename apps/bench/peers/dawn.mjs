// Dawn as a browser would offer WebGPU, for libraries that look for `navigator.gpu`; and the same way of waiting that
// webcir has, since Dawn's polling at full speed would take a core from a driver that runs on the CPU.
import { create, globals } from 'webgpu';
import { Waiter } from '../../../packages/kernels/src/engine/wait.ts';

Object.assign(globalThis, globals);
// Kept alive: Dawn crashes where this object is collected while its adapters live.
const gpu = create([]);
Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });

const waiter = new Waiter();

/** Awaits a promise of Dawn's. */
export const wait = (promise) => waiter.wait(promise);
