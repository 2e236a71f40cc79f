// The flat store on a disk, scored on the host: no device is opened.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFlatStore } from '../src/node.ts';
import { conformance } from './conformance.ts';

const device = () => Promise.reject(new Error('no device is needed for so few rows'));

for (const storage of ['F32', 'F16', 'I8'] as const) {
  conformance(`flat, ${storage}, on a disk`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'webcir-store-'));
    return {
      open: (model) => openFlatStore(join(folder, 'store'), { device, model, storage, journalBytes: 8000 }),
      remove: () => rm(folder, { recursive: true }),
    };
  });
}
