// The test command: every check of the repository, one line each; a failing one hides none after it. Its last line is
// `N passed, N failed`; the exit code is 1 if anything failed.
import { parseArgs } from 'node:util';
import { ensureAdapter } from './lib/adapter.mjs';
import { browserRemedy, ensureBrowser } from './lib/browser.mjs';
import { ensureExamples } from './lib/on-demand.mjs';
import { ensurePostgres } from './lib/postgres-install.mjs';
import { ensureSlurm } from './lib/slurm.mjs';
import { stepList, toolStep, vitestStep } from './lib/steps.mjs';

const USAGE = `usage: pnpm test [options]
  --node            only the tests in Node: no lint, typecheck, import check or browser
  --no-browser      everything but the browser run
  --no-postgres     everything but what needs PostgreSQL servers
  --no-slurm        everything but what needs Slurm
  --filter PATTERN  only test files whose path contains PATTERN`;

const options = readOptions();
if (options) await main(options);
else process.exitCode = 1;

function readOptions() {
  const names = {
    node: { type: 'boolean' },
    'no-browser': { type: 'boolean' },
    'no-postgres': { type: 'boolean' },
    'no-slurm': { type: 'boolean' },
    filter: { type: 'string' },
  };
  try {
    return parseArgs({ options: names }).values;
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    return undefined;
  }
}

async function main({
  node: nodeOnly,
  'no-browser': noBrowser,
  'no-postgres': noPostgres,
  'no-slurm': noSlurm,
  filter,
}) {
  // A filter may leave one of the two runs without a file.
  const files = filter ? [filter, '--passWithNoTests'] : [];
  const { total, step } = stepList();
  let adapterEnvironment;

  await step('WebGPU adapter', async () => {
    const { adapter, env } = await ensureAdapter(console.log);
    adapterEnvironment = env;
    return { passed: 1, failed: 0, note: adapter };
  });
  await step('build', () =>
    toolStep('turbo', 'turbo', ['run', 'build', 'types', '--continue', '--output-logs=errors-only']),
  );
  await step('packages of the examples', async () => {
    await ensureExamples(console.log);
    return { passed: 1, failed: 0 };
  });
  if (!nodeOnly) {
    await step('lint', () => toolStep('@biomejs/biome', 'biome', ['check', '--error-on-warnings', '.']));
    await step('typecheck', () => toolStep('typescript', 'tsc', ['--noEmit', '--pretty', 'false']));
    await step('typecheck of the examples', () =>
      toolStep('typescript', 'tsc', ['--noEmit', '--pretty', 'false', '-p', 'apps/examples']),
    );
    await step('import direction', async () => {
      const { checkImports } = await import('./lib/imports.mjs');
      const { root } = await import('./lib/run.mjs');
      const { files, problems } = checkImports(root);
      if (problems.length > 0) return { passed: 0, failed: 1, note: `\n${problems.join('\n')}` };
      return { passed: 1, failed: 0, note: `${files} files` };
    });
  }
  const servers = [
    {
      name: 'PostgreSQL',
      title: 'PostgreSQL and pgvector',
      kind: 'postgres',
      isLeftOut: noPostgres,
      ensure: ensurePostgres,
    },
    { name: 'Slurm', title: 'Slurm', kind: 'slurm', isLeftOut: noSlurm, ensure: ensureSlurm },
  ];
  for (const { name, title, kind, isLeftOut, ensure } of servers) {
    if (isLeftOut) {
      console.log(`- tests on ${name}: NOT RUN, as asked`);
      files.push('--exclude', `**/*.${kind}.test.*`);
      continue;
    }
    await step(title, async () => {
      try {
        return { passed: 1, failed: 0, note: await ensure(console.log) };
      } catch (error) {
        throw new Error(`${error.message}, or pass --no-${kind} to do without`, { cause: error });
      }
    });
  }
  await step('tests in Node', () => vitestStep(files, adapterEnvironment));
  if (!nodeOnly && !noBrowser) {
    await step('tests in the browser', async () => {
      if (!(await ensureBrowser(console.log))) {
        throw new Error(`NOT RUN, no browser found: ${browserRemedy}, or pass --no-browser to do without`);
      }
      return vitestStep(['--config', 'vitest.browser.config.ts', ...files]);
    });
    await step('visits to a page', () => vitestStep(['--config', 'vitest.page.config.ts', ...files]));
  } else {
    console.log('- tests in the browser: NOT RUN, as asked');
  }

  if (total.failed > 0) console.log(`\nWhat failed:\n${total.failures.map((line) => `  ${line}`).join('\n')}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}
