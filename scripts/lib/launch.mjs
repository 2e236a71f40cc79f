// Starts one of the workspace's built commands with the driver that set-up chose.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { adapterEnvironment } from './adapter.mjs';
import { root } from './run.mjs';

/** Runs the built `file` (from the repository's root) with this process's arguments. */
export async function launch(file) {
  const script = join(root, file);
  if (!existsSync(script)) {
    console.error(`${file} is not built yet: run "pnpm build" first`);
    process.exitCode = 1;
    return;
  }
  const env = adapterEnvironment();
  if (Object.keys(env).length === 0) {
    process.argv.splice(1, 1, script);
    await import(pathToFileURL(script).href);
    return;
  }
  // The dynamic linker reads LD_LIBRARY_PATH once, at a process's start, so a process of its own is needed.
  const child = spawn(process.execPath, [script, ...process.argv.slice(2)], {
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  // A terminal sends Ctrl-C to both: this process waits for what the child makes of it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
