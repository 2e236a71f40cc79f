// Child processes for the set-up and test scripts.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a command to its end. Never rejects: a command that cannot be started, dies by a signal or runs past
 * `timeoutMs` has a `code` other than 0 and says so in `output`.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, stream?: boolean, timeoutMs?: number, input?: Buffer }}
 *   [options] `env` is added to this process's own; `stream` shows the output as it comes instead of collecting it.
 * @returns {Promise<{ code: number, stdout: Buffer, output: string }>} `output` is stdout and stderr in order of
 *   arrival
 */
export function run(command, args, { cwd = root, env = {}, stream = false, timeoutMs, input } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [input ? 'pipe' : 'ignore', stream ? 'inherit' : 'pipe', stream ? 'inherit' : 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const stdout = [];
    const both = [];
    child.stdout?.on('data', (chunk) => {
      stdout.push(chunk);
      both.push(chunk);
    });
    child.stderr?.on('data', (chunk) => both.push(chunk));
    const finish = (code, note) =>
      resolve({ code, stdout: Buffer.concat(stdout), output: Buffer.concat(both).toString() + note });
    child.on('error', (error) => finish(1, `${command}: ${error.message}\n`));
    child.on('close', (code, signal) => finish(code ?? 1, signal ? `${command} ended by ${signal}\n` : ''));
    // A child that exits before it has read everything closes the pipe; its exit code tells.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** Runs the command `name` of the workspace's dependency `packageName` with this Node: needs no shell on any system. */
export function runTool(packageName, name, args, options) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return run(process.execPath, [join(folder, typeof bin === 'string' ? bin : bin[name]), ...args], options);
}

/** The first of `names` that lies on PATH, as a full path, or undefined. */
export function which(names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      if (folder && existsSync(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}
