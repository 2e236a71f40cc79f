import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Contestant, type Prepared, Unable } from './contestant.ts';
import type { Picked, Work } from './work.ts';

/** How a peer's process is started. */
export interface Command {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A peer answers within this time, or is given up: the slowest step of the slowest peer takes some ten seconds. */
const PATIENCE = 5 * 60_000;

type Reply = { ready?: string; result?: Picked; milliseconds?: number; unable?: string; error?: string };

/**
 * Starts a peer in a process of its own: its memory, its event loop and its crashes are its own. It is asked, and answers,
 * in lines of JSON (peers/serve.mjs and src/peers/torch.py); it is idle, and costs nothing, while others are timed.
 * @throws Unable when it does not start, with the last line that it wrote
 */
export async function startPeer({ name, file, args, env = {} }: Command): Promise<Contestant> {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  const replies = new Replies(child);
  const ask = async (request: object): Promise<Reply> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return replies.next();
  };
  const close = async () => {
    child.kill();
    await replies.closed;
  };
  const { ready } = await replies.next();
  return {
    name: ready ?? name,
    async prepare(work: Work): Promise<Prepared> {
      const { result } = await ask({ do: 'prepare', work });
      return {
        result: result!,
        time: async (times) => (await ask({ do: 'time', times })).milliseconds!,
        release: async () => void (await ask({ do: 'release' })),
      };
    },
    close,
  };
}

/** What a child writes to its standard output, line by line; lines that are not ours are a library's chatter. */
class Replies {
  readonly closed: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  readonly #early: Reply[] = [];
  #ended: Error | undefined;
  #lastWords = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.#take(JSON.parse(line));
    });
    child.stderr!.on('data', (data: Buffer) => {
      this.#lastWords = (this.#lastWords + data.toString()).slice(-2000);
    });
    child.stdin!.on('error', () => {}); // a child that is gone says so below
    this.closed = new Promise((resolve) => {
      const end = (why: string) => {
        const words = this.#lastWords.trim().split('\n').at(-1);
        this.#ended = new Unable(words ? `${why}: ${words.slice(0, 200)}` : why);
        for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
        resolve();
      };
      child.on('error', ({ message }) => end(message));
      child.on('close', (code, signal) => end(`its process ended with ${signal ?? `exit code ${code}`}`));
    });
  }

  next(): Promise<Reply> {
    const early = this.#early.shift();
    if (early) return this.#checked(early);
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#lastWords = `no answer within ${PATIENCE / 60_000} minutes`;
        this.#child.kill('SIGKILL');
      }, PATIENCE);
      const settle =
        <T>(how: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          how(value);
        };
      this.#waiting.push({ resolve: settle(resolve), reject: settle(reject) });
    }).then((reply) => this.#checked(reply));
  }

  #take(reply: Reply): void {
    const first = this.#waiting.shift();
    if (first) first.resolve(reply);
    else this.#early.push(reply);
  }

  async #checked(reply: Reply): Promise<Reply> {
    if (reply.unable ?? reply.error) throw new Unable(reply.unable ?? reply.error);
    return reply;
  }
}
