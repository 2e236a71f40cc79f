import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Contestant, type Prepared, Unable } from './contestant.ts';
import type { Picked, Work } from './work.ts';

/** How a peer's process is started. */
export interface Command {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * A peer that does not answer within this time is given up: the slowest one makes a dozen steps of some ten seconds
 * before it does.
 */
const PATIENCE = 10 * 60_000;

type Reply = { ready?: string; result?: Picked; milliseconds?: number; unable?: string; error?: string };

/**
 * Starts a peer in a process of its own: its memory, its event loop and its crashes are its own. It is asked, and
 * answers, in lines of JSON (peers/serve.mjs, peers/torch_peer.py); it is idle, and costs nothing, while others are
 * timed. One that broke is started again for the next piece of work.
 * @throws Unable when it does not start, with the last line that it wrote
 */
export async function startPeer(command: Command): Promise<Contestant> {
  let running = await launch(command);
  return {
    name: running.name,
    async prepare(work: Work): Promise<Prepared> {
      if (running.replies.ended) running = await launch(command);
      const { result } = await running.ask({ do: 'prepare', work });
      return {
        result: result!,
        time: async (times) => (await running.ask({ do: 'time', times })).milliseconds!,
        release: async () => void (await running.ask({ do: 'release' })),
      };
    },
    async close() {
      running.child.kill();
      await running.replies.closed;
    },
  };
}

async function launch({ name, file, args }: Command) {
  const child = spawn(file, args, { stdio: 'pipe' });
  const replies = new Replies(child);
  const { ready } = await replies.next();
  return {
    name: ready ?? name,
    child,
    replies,
    ask(request: object): Promise<Reply> {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return replies.next();
    },
  };
}

/** What a child writes to its standard output, line by line; lines that are not ours are a library's chatter. */
class Replies {
  readonly closed: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  readonly #early: Reply[] = [];
  /** Why there will be no more. */
  ended: Error | undefined;
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
        this.ended = new Unable(words ? `${why}: ${words.slice(0, 200)}` : why);
        for (const { reject } of this.#waiting.splice(0)) reject(this.ended);
        resolve();
      };
      child.on('error', ({ message }) => end(message));
      child.on('close', (code, signal) => end(`its process ended with ${signal ?? `exit code ${code}`}`));
    });
  }

  next(): Promise<Reply> {
    const early = this.#early.shift();
    if (early) return this.#checked(early);
    if (this.ended) return Promise.reject(this.ended);
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
