import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@webcir/clip/node';

/** The folder that a training run leaves behind. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws when the folder is already there */
  static expectFree(path: string): void {
    if (existsSync(path))
      throw new Error(`the run folder ${path} is already there: choose another --name, or go on with --resume ${path}`);
  }

  static async create(path: string, config: object): Promise<RunFolder> {
    await mkdir(join(path, 'checkpoints'), { recursive: true });
    const folder = new RunFolder(path);
    await folder.writeJson('config.json', config);
    return folder;
  }

  /** @throws when there is no run in the folder */
  static async open(path: string): Promise<{ folder: RunFolder; config: Record<string, unknown> }> {
    const file = join(path, 'config.json');
    if (!existsSync(file)) throw new Error(`${file} is missing: ${path} is not the folder of a run`);
    return { folder: new RunFolder(path), config: JSON.parse(await readFile(file, 'utf8')) };
  }

  file(name: string): string {
    return join(this.path, name);
  }

  has(name: string): boolean {
    return existsSync(this.file(name));
  }

  writeJson(name: string, value: object): Promise<void> {
    return writeFileAtomic(this.file(name), Buffer.from(`${JSON.stringify(value, null, 2)}\n`));
  }

  write(name: string, text: string): Promise<void> {
    return writeFileAtomic(this.file(name), Buffer.from(text));
  }

  /** Adds one line to metrics.jsonl. */
  log(entry: object): Promise<void> {
    return appendFile(this.file('metrics.jsonl'), `${JSON.stringify(entry)}\n`);
  }

  /** Every line of metrics.jsonl so far. A last line that a killed run did not finish is left out. */
  async logged(): Promise<Record<string, unknown>[]> {
    if (!this.has('metrics.jsonl')) return [];
    const lines = (await readFile(this.file('metrics.jsonl'), 'utf8')).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }
}
