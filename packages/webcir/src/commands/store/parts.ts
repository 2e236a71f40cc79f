import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from '@webcir/clip/node';
import { partOf } from '@webcir/retrieval/node';
import { InvalidArgumentError } from 'commander';

/** One of the parts that a gallery is indexed in, by workers that know nothing of each other. */
export interface Part {
  /** From 1 on. */
  readonly part: number;
  readonly parts: number;
}

/** A parser for commander: `3/10`. */
export function parsePart(text: string): Part {
  const [, part, parts] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!(part >= 1 && part <= parts)) throw new InvalidArgumentError('expected a part and their number, like 1/10.');
  return { part, parts };
}

/** Whether an image belongs to a part: by its id alone, so that it stays there when others come and go. */
export const isInPart = (id: string, { part, parts }: Part): boolean => partOf(id, parts) === part - 1;

const parts = (store: string) => join(store, 'parts');
const nameOf = ({ part, parts }: Part) => `${part}-of-${parts}`;

/** A part that this process makes. */
export interface ClaimedPart {
  /** Where it is made. A part that is whole is brought up to date where it is. */
  readonly work: string;
  /** Where it is when it is whole. */
  readonly done: string;
  /** Gives it the name of one that is whole: whoever joins parts sees no half of one. */
  finish(): Promise<void>;
  /** Lets others make it. */
  release(): void;
}

/**
 * Keeps other processes from making a part.
 * @throws Error naming the process that makes it
 */
export async function claimPart(store: string, part: Part): Promise<ClaimedPart> {
  await mkdir(parts(store), { recursive: true });
  const done = join(parts(store), nameOf(part));
  const file = `${done}.lock`;
  const release = lock(
    file,
    (holder) =>
      new Error(
        `part ${part.part}/${part.parts} of ${store} is being made by process ${holder}: wait for it, ` +
          `or delete ${file} if that is something else`,
      ),
  );
  const work = existsSync(done) ? done : `${done}.unfinished`;
  return {
    work,
    done,
    release,
    async finish() {
      if (work !== done) await rename(work, done);
    },
  };
}

/**
 * The folders of all parts of a store.
 * @throws Error naming those that are missing or not finished, or that belong to different numbers of parts
 */
export async function wholeParts(store: string): Promise<string[]> {
  const names = existsSync(parts(store)) ? await readdir(parts(store)) : [];
  const found = names.flatMap((name) => {
    const [, part, total] = /^(\d+)-of-(\d+)(?:\.unfinished)?$/.exec(name)?.map(Number) ?? [];
    return part === undefined ? [] : [{ part, parts: total }];
  });
  const [first] = found;
  if (first === undefined) throw new Error(`${store} has no parts: make them with webcir index --shard i/N`);
  if (found.some((part) => part.parts !== first.parts))
    throw new Error(`${parts(store)} holds parts of different numbers of parts: remove those of an earlier run`);
  const all = Array.from({ length: first.parts }, (_, i) => ({ part: i + 1, parts: first.parts }));
  const missing = all.filter((part) => !names.includes(nameOf(part)));
  if (missing.length > 0)
    throw new Error(
      `${store}: parts are missing or not finished: ${missing.map((part) => `${part.part}/${part.parts}`).join(', ')}. ` +
        'Run webcir index with --shard for each of them',
    );
  return all.map((part) => join(parts(store), nameOf(part)));
}
