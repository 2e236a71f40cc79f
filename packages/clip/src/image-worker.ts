// The code of an image pool's threads, with an entry of its own in the bundle.
import { parentPort, workerData } from 'node:worker_threads';
import { decodeImage } from './node/decode.ts';
import type { ImageAnswer, ImageJob, ImagePoolOptions } from './node/image-pool.ts';
import { imagePlanes, preprocess } from './preprocess/preprocess.ts';

const options = workerData as ImagePoolOptions;
const answer = (message: ImageAnswer, handedOver: ArrayBuffer[] = []) => parentPort!.postMessage(message, handedOver);

parentPort!.on('message', async ({ id, file, bytes }: ImageJob) => {
  try {
    const image = await decodeImage(bytes ?? file, file, options);
    if (bytes === undefined) {
      const made = imagePlanes(image, options);
      answer({ id, made }, [made.buffer]);
    } else {
      const { size } = options;
      const data = interleaved(preprocess(image, options));
      answer({ id, made: { width: size, height: size, channels: 3, data } }, [data.buffer]);
    }
  } catch (error) {
    const { message } = error as Error;
    answer({ id, error: message.startsWith(file) ? message : `${file}: ${message}` });
  }
});

/** Planes of red, green and blue as the pixels of an image. */
function interleaved(planes: Uint8Array): Uint8Array<ArrayBuffer> {
  const pixels = planes.length / 3;
  const data = new Uint8Array(planes.length);
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let c = 0; c < 3; c++) data[3 * pixel + c] = planes[c * pixels + pixel];
  return data;
}
