import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { SafetensorsContent, WeightFile } from '@webcir/clip';
import { expectFolder, lock, openWeights, writeFileAtomic, writeSafetensorsFile } from '@webcir/clip/node';
import { readRunConfig } from '@webcir/retrieval/node';
import type { RunStorage } from '../run/storage.ts';

/** The folder that a training run leaves behind; its storage in Node. */
export class RunFolder implements RunStorage {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws when the folder already exists, or cannot be made */
  static async expectFree(path: string): Promise<void> {
    if (existsSync(path)) throw alreadyThere(path);
    await expectFolder(path);
  }

  /**
   * Keeps other processes of this machine from training in the folder, whether it is there yet or not.
   * @returns a function that ends this
   * @throws naming the process that trains there
   */
  static lock(path: string): () => void {
    const real = realPath(resolve(path));
    mkdirSync(dirname(real), { recursive: true });
    const file = join(dirname(real), `.${basename(real)}.lock`);
    return lock(
      file,
      (holder) =>
        new Error(
          `the run ${path} is being trained by process ${holder}: wait for it, ` +
            `or delete ${file} if that is something else`,
        ),
    );
  }

  /** @throws when the folder already exists */
  static async create(path: string, config: object): Promise<RunFolder> {
    await mkdir(dirname(path), { recursive: true });
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? alreadyThere(path) : error;
    });
    const folder = new RunFolder(path);
    await folder.writeJson('config.json', config);
    return folder;
  }

  /** @throws when there is no run in the folder, naming the file that is missing or damaged */
  static async find(path: string): Promise<{ folder: RunFolder; config: Record<string, unknown> }> {
    return { config: await readRunConfig(path), folder: new RunFolder(path) };
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async has(name: string): Promise<boolean> {
    return existsSync(this.file(name));
  }

  open(name: string): Promise<WeightFile> {
    return openWeights(this.file(name));
  }

  write(name: string, file: SafetensorsContent): Promise<void> {
    return writeSafetensorsFile(this.file(name), file);
  }

  rename(from: string, to: string): Promise<void> {
    return rename(this.file(from), this.file(to));
  }

  writeJson(name: string, value: object): Promise<void> {
    return writeFileAtomic(this.file(name), Buffer.from(`${JSON.stringify(value, null, 2)}\n`));
  }

  writeText(name: string, text: string): Promise<void> {
    return writeFileAtomic(this.file(name), Buffer.from(text));
  }

  /** Adds lines to metrics.jsonl. @throws naming it, when the disk is full for instance */
  async log(entries: readonly object[]): Promise<void> {
    const file = this.file('metrics.jsonl');
    await appendFile(file, jsonLines(entries)).catch((cause: Error) => {
      throw new Error(`${file} cannot be written: ${cause.message}; its lines so far are kept`, { cause });
    });
  }

  /**
   * Every line of metrics.jsonl so far. A last line that a killed run did not finish is left out.
   * @throws naming a line that is damaged
   */
  async logged(): Promise<Record<string, unknown>[]> {
    const file = this.file('metrics.jsonl');
    if (!existsSync(file)) return [];
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    return lines.map((line, i) => {
      try {
        return JSON.parse(line);
      } catch (cause) {
        const { message } = cause as Error;
        throw new Error(`${file}, line ${i + 1}: is not JSON: ${message}; delete the line to go on without it`, {
          cause,
        });
      }
    });
  }

  relog(entries: readonly object[]): Promise<void> {
    return writeFileAtomic(this.file('metrics.jsonl'), Buffer.from(jsonLines(entries)));
  }
}

const alreadyThere = (path: string): Error =>
  new Error(`the run folder ${path} is already there: choose another --name, or go on with --resume ${path}`);

/** The path without links, also of a folder that is not there yet. */
const realPath = (path: string): string =>
  existsSync(path) ? realpathSync(path) : join(realPath(dirname(path)), basename(path));

const jsonLines = (entries: readonly object[]): string => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
