// Opens the weight file named in the arguments, copies it to the device, and prints what that took. It is a process of
// its own, so that its peak memory is, too.
import { openDevice } from '@webcir/kernels';
import { uploadClip } from '../dist/index.js';
import { openClipModel } from '../dist/node.js';

const device = await openDevice();
const before = process.memoryUsage.rss();
const model = await openClipModel(process.argv[2]);
const clip = await uploadClip(device, model);
await device.idle();
const { maxRSS } = process.resourceUsage(); // in kB
const sample = (await clip.frozen.readTensor('ln_final.weight')).subarray(0, 4);
console.log(JSON.stringify({ before, peak: 1024 * maxRSS, sample: [...sample] }));
device.close();
