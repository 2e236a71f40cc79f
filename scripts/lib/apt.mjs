// The few things that are needed of apt, on Debian, Ubuntu and what derives from them.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, which } from './run.mjs';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const APT = { env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' }, timeoutMs: 15 * 60_000 };
// Another apt or unattended-upgrades may hold the lock: wait for it.
const WAIT = ['-o', 'DPkg::Lock::Timeout=300'];

/** `{ id, codename }` from /etc/os-release, e.g. debian and bookworm; empty strings where there is no such file. */
export function release(file = '/etc/os-release') {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { id: field('ID'), codename: field('VERSION_CODENAME') };
}

/** Whether this process may install packages with apt. */
export const canInstall = () => process.platform === 'linux' && process.getuid() === 0 && !!which(['apt-get']);

/** The major number of a Debian version, 25 for `1:25.0.7-2~bpo12+1`; NaN where there is none. */
export const majorVersion = (version) => Number.parseInt((version ?? '').trim().replace(/^\d+:/, ''), 10);

/** The version of `name` that is installed, or ''. */
export async function installedVersion(name) {
  const { code, stdout } = await run('dpkg-query', ['-W', '-f', '$' + '{db:Status-Status} $' + '{Version}', name], APT);
  const [status, version] = stdout.toString().split(' ');
  return code === 0 && status === 'installed' ? version : '';
}

/** The version of `name` that apt would install, or '' where its lists have none. */
export async function candidateVersion(name, suite) {
  const target = suite ? ['-t', suite] : [];
  const { stdout } = await run('apt-cache', [...target, 'policy', name], APT);
  const candidate = /Candidate: (\S+)/.exec(stdout.toString())?.[1] ?? '(none)';
  return candidate === '(none)' ? '' : candidate;
}

/** Brings apt's lists up to date. Throws with apt's last words where it cannot. */
export async function updateLists() {
  await must('apt-get', [...WAIT, 'update']);
}

/** Installs packages, from `suite` where one is named. Throws with apt's last words where it cannot. */
export async function install(packages, suite) {
  const target = suite ? ['-t', suite] : [];
  await must('apt-get', [...WAIT, 'install', '-y', '--no-install-recommends', ...target, ...packages]);
}

/** Adds a Debian release's backports to apt's sources, from the mirror that the release itself comes from. */
export async function addBackports(codename) {
  const line = `deb ${await debianMirror(codename)} ${codename}-backports main\n`;
  writeFileSync(`/etc/apt/sources.list.d/${codename}-backports.list`, line);
  await updateLists();
}

/** Fetches the .deb of a package into a folder, without installing it or what it depends on. */
export async function download(name, folder) {
  await must('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', name], { cwd: folder });
}

/**
 * Fetches the files of a source package of another Debian release into a folder, from the mirror that this one comes
 * from. apt checks its signature; its own lists and sources stay as they are.
 */
export async function downloadSource(name, suite, folder) {
  const state = mkdtempSync(join(tmpdir(), 'apt-'));
  try {
    const sources = join(state, 'sources.list');
    writeFileSync(sources, `deb-src ${await debianMirror(release().codename)} ${suite} main\n`);
    for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, part), { recursive: true });
    const apart = [
      `Dir::Etc::SourceList=${sources}`,
      'Dir::Etc::SourceParts=/dev/null',
      `Dir::State::Lists=${join(state, 'lists')}`,
      `Dir::Cache=${join(state, 'cache')}`,
      'APT::Sandbox::User=root',
    ].flatMap((option) => ['-o', option]);
    await must('apt-get', [...apart, 'update']);
    await must('apt-get', [...apart, 'source', '--download-only', name], { cwd: folder });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/** The mirror that a Debian release's packages come from, as a line of apt's sources has it. */
async function debianMirror(codename) {
  const { stdout } = await run('apt-cache', ['policy'], APT);
  const mirror = new RegExp(`(\\S+://\\S+) ${codename}/main`).exec(stdout.toString())?.[1];
  if (!mirror) throw new Error(`apt's sources have no mirror of ${codename} main, where others would be, too`);
  return `${existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : ''}${mirror}`;
}

async function must(command, args, options) {
  const { code, output } = await run(command, args, { ...APT, ...options });
  if (code === 0) return;
  const errors = output.split('\n').filter((line) => /^(E|Err|W):/.test(line));
  const lastWords = (errors.length ? errors : output.trim().split('\n')).slice(-3).join(' ');
  throw new Error(`${command} ${args.join(' ')} failed (exit code ${code}): ${lastWords}`);
}
