// The frame of every JavaScript peer: it is asked, and answers, in lines of JSON, as src/peers/process.ts has it.
import { createInterface } from 'node:readline';
import { pick } from '../src/peers/work.ts';

/** Thrown by a peer for work that it does not do. */
export class Unable extends Error {}

/**
 * @param {string} name with the version
 * @param {(work: object) => Promise<{ result: Record<string, ArrayLike<number>>, run(times: number): Promise<void>,
 *   release(): void }>} prepare does the work once. `run` repeats it and ends with reading one number of the last
 *   result back.
 */
export async function serve(name, prepare) {
  let prepared;
  const answer = {
    async prepare({ work }) {
      prepared = await prepare(work);
      return {
        result: Object.fromEntries(Object.entries(prepared.result).map(([key, values]) => [key, pick(values)])),
      };
    },
    async time({ times }) {
      const start = performance.now();
      await prepared.run(times);
      return { milliseconds: performance.now() - start };
    },
    async release() {
      await prepared.release();
      prepared = undefined;
      return {};
    },
  };
  const reply = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  reply({ ready: name });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
      reply(await answer[request.do](request));
    } catch (error) {
      reply(error instanceof Unable ? { unable: error.message } : { error: String(error.message).split('\n')[0] });
    }
  }
}

/** The error of a peer that does not do this kind of work. */
export const cannot = ({ kind }) => new Unable(`it does not do ${kind} here`);
