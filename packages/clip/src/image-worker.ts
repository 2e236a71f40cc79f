// The code of an image pool's threads, with an entry of its own in the bundle.
import { parentPort, workerData } from 'node:worker_threads';
import { decodeImage } from './node/decode.ts';
import type { ImageAnswer, ImageJob } from './node/image-pool.ts';
import type { PreprocessOptions } from './preprocess/options.ts';
import { imagePlanes } from './preprocess/preprocess.ts';

const options = workerData as PreprocessOptions;
const answer = (message: ImageAnswer, handedOver: ArrayBuffer[] = []) => parentPort!.postMessage(message, handedOver);

parentPort!.on('message', async ({ id, file }: ImageJob) => {
  try {
    const planes = imagePlanes(await decodeImage(file), options);
    answer({ id, planes }, [planes.buffer]);
  } catch (error) {
    const { message } = error as Error;
    answer({ id, error: message.startsWith(file) ? message : `${file}: ${message}` });
  }
});
