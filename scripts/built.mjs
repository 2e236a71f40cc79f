// Runs a task of turbo (`build` unless another is named) and says nothing where it succeeds: what turbo prints would
// stand before the output of every command. A build that takes more than a moment is announced, a failing one shown in
// full.
import { runTool } from './lib/run.mjs';

const ANNOUNCE_AFTER_MS = 1500;

const [task = 'build'] = process.argv.slice(2);
const announce = setTimeout(() => console.error(`building the packages (turbo run ${task})`), ANNOUNCE_AFTER_MS);
const { code, output } = await runTool('turbo', 'turbo', ['run', task, '--output-logs=errors-only']);
clearTimeout(announce);
if (code !== 0) {
  console.error(output.trimEnd());
  process.exitCode = 1;
}
