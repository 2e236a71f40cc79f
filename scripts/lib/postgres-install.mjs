// Makes sure that PostgreSQL's server and pgvector are there, for the tests of stores and queues in a database.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as apt from './apt.mjs';
import { run, which } from './run.mjs';

/** What to do where `ensurePostgres` cannot. */
const remedy =
  'install a PostgreSQL server of version 14 or later with the extension pgvector 0.8 or later ' +
  '(on Debian and derivatives: run this as root once; elsewhere: brew install postgresql pgvector, …)';

/** Where Debian's releases before trixie, which have no package of pgvector, get its source from. */
const SOURCE_SUITE = 'trixie';

/** The folder of PostgreSQL's programs, or undefined: the highest version of Debian's folders, else that on PATH. */
export function findPostgres() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folder = versions.map((version) => join(debian, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  return folder ?? which(['initdb'])?.replace(/.initdb$/, '');
}

/**
 * The folder of the programs of a PostgreSQL that has pgvector. Installs both where they are missing and this is root on
 * Debian or a derivative: pgvector as a package where there is one, else built from Debian's source of a later release.
 * @param {(line: string) => void} say gets one line before something is installed
 * @throws Error that names the remedy
 */
export async function ensurePostgres(say = console.error) {
  try {
    const found = findPostgres();
    if (found && (await hasVector(found))) return found;
    if (!apt.canInstall()) throw new Error(found ? `${found} has no pgvector` : 'no PostgreSQL server found');
    await apt.updateLists();
    if (!found) await installServer(say);
    const bin = findPostgres();
    if (!(await hasVector(bin))) await installVector(bin, say);
    return bin;
  } catch (error) {
    throw new Error(`PostgreSQL with pgvector cannot be had: ${error.message}\n  ${remedy}`, { cause: error });
  }
}

/** Whether a server finds pgvector. @param {string} bin folder of its programs */
async function hasVector(bin) {
  const { share } = await foldersOf(bin);
  return existsSync(join(share, 'extension/vector.control'));
}

/** Where a server looks for extensions: pg_config answers by its own place. */
async function foldersOf(bin) {
  const ask = async (option) => {
    const { code, stdout, output } = await run(join(bin, 'pg_config'), [option]);
    if (code !== 0) throw new Error(`pg_config ${option}: ${output.trim()}`);
    return stdout.toString().trim();
  };
  return { share: await ask('--sharedir'), lib: await ask('--pkglibdir'), version: await ask('--version') };
}

/** Installs the server, without the cluster that Debian would make, and start at every boot. */
async function installServer(say) {
  say(`No PostgreSQL found: installing it (apt: postgresql ${await apt.candidateVersion('postgresql')})`);
  await apt.install(['postgresql-common']);
  const settings = '/etc/postgresql-common/createcluster.conf';
  const before = readFileSync(settings, 'utf8');
  writeFileSync(settings, `${before}\ncreate_main_cluster = false\n`);
  try {
    await apt.install(['postgresql']);
  } finally {
    writeFileSync(settings, before);
  }
}

async function installVector(bin, say) {
  const folders = await foldersOf(bin);
  const major = /(\d+)/.exec(folders.version)[1];
  const name = `postgresql-${major}-pgvector`;
  if (await apt.candidateVersion(name)) {
    say(`No pgvector found: installing it (apt: ${name})`);
    return apt.install([name]);
  }
  say(`No pgvector found: building it from ${SOURCE_SUITE}'s source for PostgreSQL ${major}`);
  const work = mkdtempSync(join(tmpdir(), 'pgvector-'));
  try {
    await buildVector(work, major, folders);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Compiles pgvector with the flags of its Makefile, without what the package for building extensions depends on: clang
 * and LLVM, ten times as large as all the rest, which only write bitcode for PostgreSQL's JIT.
 */
async function buildVector(work, major, { share, lib }) {
  if (!which(['gcc']) || !existsSync('/usr/include/stdio.h')) await apt.install(['gcc', 'libc6-dev']);
  await apt.downloadSource('pgvector', SOURCE_SUITE, work);
  await apt.download(`postgresql-server-dev-${major}`, work);
  const archive = (pattern) => readdirSync(work).find((name) => pattern.test(name));
  await must('dpkg-deb', ['-x', archive(/\.deb$/), 'dev'], work);
  await must('tar', ['xzf', archive(/\.orig\.tar\.gz$/)], work);
  const source = join(work, archive(/^pgvector-[\d.]+$/));
  const files = readdirSync(join(source, 'src')).filter((name) => name.endsWith('.c'));
  const flags = ['-O2', '-ftree-vectorize', '-fassociative-math', '-fno-signed-zeros', '-fno-trapping-math'];
  const postgres = ['-fPIC', '-fno-strict-aliasing', '-fwrapv', '-D_GNU_SOURCE'];
  const headers = join(work, `dev/usr/include/postgresql/${major}/server`);
  const from = files.map((name) => join('src', name));
  await must('gcc', ['-shared', '-o', 'vector.so', ...flags, ...postgres, `-I${headers}`, ...from, '-lm'], source);

  const version = /default_version = '([^']+)'/.exec(readFileSync(join(source, 'vector.control'), 'utf8'))[1];
  place(join(source, 'vector.so'), join(lib, 'vector.so'));
  place(join(source, 'sql/vector.sql'), join(share, `extension/vector--${version}.sql`));
  place(join(source, 'vector.control'), join(share, 'extension/vector.control')); // last: `hasVector` looks at it
}

/** Whole or not at all: another process may do the same. */
function place(from, to) {
  const unfinished = `${to}.${process.pid}`;
  copyFileSync(from, unfinished);
  chmodSync(unfinished, 0o644);
  renameSync(unfinished, to);
}

async function must(command, args, cwd) {
  const { code, output } = await run(command, args, { cwd, timeoutMs: 10 * 60_000 });
  if (code !== 0)
    throw new Error(`${command} failed (exit code ${code}): ${output.trim().split('\n').slice(-3).join(' ')}`);
}
