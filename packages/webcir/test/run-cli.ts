// Runs the command as it was built.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a command whose cache lies in a test's folder. */
export const environmentIn = (folder: string) => ({
  ...process.env,
  WEBCIR_CACHE: join(folder, 'cache'),
  NO_COLOR: '1',
});

/** Runs a script of Node with `folder` as its working folder. */
export function runIn(folder: string, script: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: environmentIn(folder), cwd: folder };
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr: stderr.trim() }),
    );
  });
}

/** Starts a command in `folder` and kills it as soon as a file matches a pattern. */
export function killWhen(folder: string, args: string[], file: string, pattern: RegExp): Promise<void> {
  const child = spawn(process.execPath, [cli, ...args], { env: environmentIn(folder), cwd: folder, stdio: 'ignore' });
  const timer = setInterval(async () => {
    const text = existsSync(file) ? await readFile(file, 'utf8') : '';
    if (pattern.test(text)) child.kill('SIGKILL');
  }, 20);
  return new Promise((resolve) => child.on('exit', () => resolve(clearInterval(timer))));
}
