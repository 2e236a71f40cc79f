import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { majorVersion, release } from '../lib/apt.mjs';
import { run } from '../lib/run.mjs';
import { countTests, stepList } from '../lib/steps.mjs';

const report = (fields) => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
  ...fields,
});
const passedAndFailed = ({ passed, failed }) => [passed, failed];

test('tests are counted, and whatever else went wrong is a failure too', () => {
  expect(passedAndFailed(countTests(report(), 0))).toEqual([3, 0]);
  expect(passedAndFailed(countTests(report(), 1))).toEqual([3, 1]);
  const unloaded = {
    name: join(process.cwd(), 'a.test.ts'),
    status: 'failed',
    message: 'no a\n',
    assertionResults: [],
  };
  const failed = (fullName) => ({ status: 'failed', fullName, failureMessages: ['Error: wrong\n  at it'] });
  const failing = {
    name: join(process.cwd(), 'b.test.ts'),
    status: 'failed',
    assertionResults: [failed('one'), failed('two')],
  };
  const testResults = [unloaded, failing];
  const counts = countTests(report({ numFailedTests: 2, testResults }), 1);
  expect(passedAndFailed(counts)).toEqual([3, 3]);
  expect(counts.failures).toEqual(['a.test.ts: no a', 'b.test.ts: one: Error: wrong', 'b.test.ts: two: Error: wrong']);
  expect(passedAndFailed(countTests(undefined, 137))).toEqual([0, 1]);
});

test('a step that throws is one failure and the next one still runs', async () => {
  const lines = [];
  const { total, step } = stepList((line) => lines.push(line.replace(/\d+\.\d s/, 't')));
  await step('first', () => Promise.reject(new Error('out of order')));
  await step('second', async () => ({ passed: 4, failed: 0, note: 'all well' }));
  expect(total).toEqual({ passed: 4, failed: 1, failures: ['first: out of order'] });
  expect(lines).toEqual(['✗ first (t): out of order', '✓ second (t): all well']);
});

test('a command that does not exist, fails or takes too long has an exit code other than 0', async () => {
  expect((await run('no-such-command', [])).output).toContain('no-such-command');
  expect((await run(process.execPath, ['-e', 'process.exit(3)'])).code).toBe(3);
  const slow = await run(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { timeoutMs: 300 });
  expect(slow.code).not.toBe(0);
  expect(slow.output).toContain('SIGKILL');
});

test('versions and releases are read as Debian and Ubuntu write them', () => {
  expect(majorVersion('25.0.7-2~bpo12+1')).toBe(25);
  expect(majorVersion('1:22.3.6-1')).toBe(22);
  expect(majorVersion('')).toBeNaN();
  const file = join(tmpdir(), `os-release-${process.pid}`);
  writeFileSync(file, 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME="noble"\n');
  expect(release(file)).toEqual({ id: 'ubuntu', codename: 'noble' });
  expect(release('/no/such/file')).toEqual({ id: '', codename: '' });
});
