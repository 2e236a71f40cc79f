// Runs the steps of the test command one after the other and keeps count.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runTool } from './run.mjs';

const VITEST_TIMEOUT = 25 * 60_000;

/**
 * A list of steps that goes on after a failure. `step(name, work)` runs one and prints its line; `work` returns
 * `{ passed, failed, note, failures }`, and an error that it throws counts as one failure. `total.failures` are the
 * lines that say what failed, to be read again at the end of a long log.
 */
export function stepList(print = console.log) {
  const total = { passed: 0, failed: 0, failures: [] };
  const step = async (name, work) => {
    const start = performance.now();
    let outcome;
    try {
      outcome = await work();
    } catch (error) {
      outcome = { passed: 0, failed: 1, note: error.message };
    }
    total.passed += outcome.passed;
    total.failed += outcome.failed;
    if (outcome.failed > 0) total.failures.push(...(outcome.failures ?? [`${name}: ${outcome.note?.trim() ?? ''}`]));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    print(`${outcome.failed === 0 ? '✓' : '✗'} ${name} (${seconds} s)${outcome.note ? `: ${outcome.note}` : ''}`);
  };
  return { total, step };
}

/** A step that runs a tool of the workspace: its exit code decides, its output is shown where it fails. */
export async function toolStep(packageName, name, args) {
  const { code, output } = await runTool(packageName, name, args);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, note: `\n${output.trim()}` };
}

/** A vitest run with `args`, its output shown as it comes, its tests counted. */
export async function vitestStep(args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { code } = await runTool('vitest', 'vitest', ['run', ...args, ...reporters], {
      env,
      stream: true,
      timeoutMs: VITEST_TIMEOUT,
    });
    return countTests(readReport(report), code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Counts what vitest's JSON report says. A file that could not be loaded is one failure, and so is a run that ended
 * badly without saying which test it was (no report at all, or an error outside of every test).
 */
export function countTests(report, code) {
  if (!report) return { passed: 0, failed: 1, note: `vitest ended with exit code ${code} and left no report` };
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const passed = report.numPassedTests;
  const failed = Math.max(report.numFailedTests + unloaded, code === 0 ? 0 : 1);
  const skipped = report.numPendingTests + report.numTodoTests;
  const note = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
  return failed === 0 ? { passed, failed, note } : { passed, failed, note, failures: failureLines(report) };
}

/** A line for each test that failed, and for each file without one that did: where, and the start of the reason. */
function failureLines({ testResults }) {
  const lines = testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const file = relative(process.cwd(), name);
      const tests = assertionResults.filter((test) => test.status === 'failed');
      if (tests.length === 0) return [`${file}: ${firstLine(message)}`];
      return tests.map((test) => `${file}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
    });
  return lines.length > 0 ? lines : ['an error outside of every test, see above'];
}

const firstLine = (text) => (text ?? '').split('\n', 1)[0];
