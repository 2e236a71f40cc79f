// A copy of the working tree that faults are put into.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureAdapter } from '../lib/adapter.mjs';
import { root, run } from '../lib/run.mjs';

/** What stands in a fault's way before its tests can tell anything: then nothing is learnt about them. */
const BROKEN = /SyntaxError|Transform failed|shader|timed out|STACK_TRACE_ERROR/i;

/** For one test: on a busy machine none must fail because it is slow, which would count as a catch. */
const TEST_TIMEOUT = 10 * 60_000;
const VITEST_TIMEOUT = 30 * 60_000;

export class Copy {
  /** Removed by whoever asked for the copy. */
  folder;
  #env;

  constructor(folder, env) {
    this.folder = folder;
    this.#env = env;
  }

  /** Copies what git tracks or would track, and what is built; packages are linked to where they are installed. */
  static async create() {
    const { env } = await ensureAdapter(console.log);
    const copy = new Copy(mkdtempSync(join(tmpdir(), 'webcir-mutants-')), env);
    const { code, stdout, output } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
    if (code !== 0) throw new Error(`git ls-files failed: ${output.trim()}`);
    for (const file of stdout
      .toString()
      .split('\0')
      .filter((name) => name && existsSync(join(root, name)))) {
      mkdirSync(dirname(join(copy.folder, file)), { recursive: true });
      cpSync(join(root, file), join(copy.folder, file), { verbatimSymlinks: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy.folder, 'node_modules'), 'junction');
    // Links are relative, so that a package of the copy finds the other packages of the copy. Threads run built files.
    for (const parent of ['packages', 'apps']) {
      for (const name of readdirSync(join(copy.folder, parent))) {
        for (const folder of [join(parent, name, 'node_modules'), join(parent, name, 'dist')]) {
          if (existsSync(join(root, folder)))
            cpSync(join(root, folder), join(copy.folder, folder), { recursive: true, verbatimSymlinks: true });
        }
      }
    }
    await copy.#generate();
    return copy;
  }

  read(file) {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** Writes a file, and the modules that are generated from it. */
  async write(file, text) {
    writeFileSync(join(this.folder, file), text);
    if (file.startsWith('packages/kernels/src/ops/') || file.endsWith('.wgsl')) await this.#generate();
  }

  /**
   * Runs the test files whose path contains one of `filters`, up to the first failure.
   * @returns the name and the message of the test that failed, or undefined where all passed
   * @throws where tests could not run at all
   */
  async test(filters) {
    const report = join(this.folder, 'report.json');
    const vitest = join(this.folder, 'node_modules/vitest/vitest.mjs');
    rmSync(report, { force: true });
    const slow = [`--testTimeout=${TEST_TIMEOUT}`, `--hookTimeout=${TEST_TIMEOUT}`];
    const args = ['run', ...filters, '--bail=1', ...slow, '--reporter=json', `--outputFile=${report}`];
    const { code, output } = await run(process.execPath, [vitest, ...args], {
      cwd: this.folder,
      env: this.#env,
      timeoutMs: VITEST_TIMEOUT,
    });
    if (code === 0) return undefined;
    if (!existsSync(report)) throw new Error(`vitest left no report:\n${output.trim()}`);
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    for (const { name, assertionResults, message } of testResults) {
      const failed = assertionResults.find(({ status }) => status === 'failed');
      const text = failed?.failureMessages[0] ?? message;
      if (BROKEN.test(text)) throw new Error(`the code with this fault does not run:\n${text}`);
      if (failed) return { test: `${name.slice(this.folder.length + 1)} ${failed.fullName}`, message: firstLine(text) };
    }
    throw new Error(`no test failed, but vitest ended with exit code ${code}:\n${output.trim()}`);
  }

  /** The folders of a file's package and of all that import it; `webcir` itself has nothing that computes. */
  reachedFrom(file) {
    const [, start] = file.split('/');
    const imports = new Map(
      readdirSync(join(this.folder, 'packages')).map((name) => {
        const { dependencies, devDependencies } = JSON.parse(this.read(`packages/${name}/package.json`));
        return [name, Object.keys({ ...dependencies, ...devDependencies }).map((other) => other.split('/').at(-1))];
      }),
    );
    const reached = new Set([start]);
    for (const name of reached) for (const [other, names] of imports) if (names.includes(name)) reached.add(other);
    reached.delete('webcir');
    return [...reached].map((name) => `packages/${name}/`);
  }

  async #generate() {
    const script = join(this.folder, 'packages/kernels/scripts/generate.mjs');
    const { code, output } = await run(process.execPath, [script], { cwd: dirname(dirname(script)) });
    if (code !== 0) throw new Error(`the kernels could not be generated:\n${output.trim()}`);
  }
}

const firstLine = (text) => text.split('\n')[0];
