// Puts small faults into a copy of the code, one at a time, and shows which test catches each. Exit code 1 if one
// survives, or if its text is no longer found.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Copy } from './copy.mjs';
import { faults, replaced } from './faults.mjs';

const USAGE = `usage: pnpm mutants [options]
  --only NAME   only this fault; may be repeated
  --list        the faults, without running anything`;

/** Rows of words, a column each. */
function listed(head, rows) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function main(chosen) {
  const copy = await Copy.create();
  // A stopped run leaves no copy behind.
  process.on('exit', () => rmSync(copy.folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

  const before = await copy.test([...new Set(chosen.flatMap(({ tests }) => tests))]);
  if (before) throw new Error(`fails without any fault: ${before.test}: ${before.message}`);
  const rows = [];
  let left = 0;
  for (const fault of chosen) {
    const { caught, by, message } = await judge(copy, fault);
    if (!caught) left++;
    rows.push([fault.name, fault.means, by]);
    console.log(`${fault.name}: ${by}${message ? `: ${message}` : ''}`);
  }
  console.log(`\n${listed(['fault', 'what it stands for', 'caught by'], rows)}`);
  console.log(`\n${rows.length} tried, ${left} not caught`);
  if (left > 0) process.exitCode = 1;
}

/** Looks for a test that fails with the fault: among those that are likely to, then in all packages that it may reach. */
async function judge(copy, fault) {
  const original = copy.read(fault.file);
  try {
    await copy.write(fault.file, replaced(original, fault));
    const failed = (await copy.test(fault.tests)) ?? (await copy.test(copy.reachedFrom(fault.file)));
    return failed ? { caught: true, by: failed.test, message: failed.message } : { caught: false, by: 'SURVIVES' };
  } catch ({ message }) {
    return { caught: false, by: 'DOES NOT RUN', message };
  } finally {
    await copy.write(fault.file, original);
  }
}

try {
  const options = { only: { type: 'string', multiple: true }, list: { type: 'boolean' } };
  const { only, list } = parseArgs({ options }).values;
  const unknown = only?.find((name) => !faults.some((fault) => fault.name === name));
  if (unknown) throw new Error(`there is no fault "${unknown}": --list shows them`);
  const chosen = only ? faults.filter(({ name }) => only.includes(name)) : faults;
  const rowOf = ({ name, file, means }) => [name, file, means];
  if (list) console.log(listed(['fault', 'file', 'what it stands for'], chosen.map(rowOf)));
  else await main(chosen);
} catch (error) {
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 1;
}
