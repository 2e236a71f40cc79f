// Makes sure that Dawn finds a WebGPU adapter: the machine's own GPU, or else a software Vulkan.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as apt from './apt.mjs';
import { root, run } from './run.mjs';
import * as swiftshader from './swiftshader.mjs';

const TOOLS = join(root, '.tools');
const SWIFTSHADER = join(TOOLS, 'swiftshader');
const ENVIRONMENT = join(TOOLS, 'env.json');
// Older lavapipe offers Vulkan 1.1 only, and Dawn then has no adapter (Debian bookworm's own Mesa is 22.3).
const MESA_MAJOR = 24;
const MESA_PACKAGES = ['mesa-vulkan-drivers', 'libvulkan1'];

/** The environment variables that the last `ensureAdapter` found necessary: a driver outside the system's folders. */
export function adapterEnvironment() {
  return existsSync(ENVIRONMENT) ? JSON.parse(readFileSync(ENVIRONMENT, 'utf8')) : {};
}

/**
 * Finds an adapter, installing a software one where there is none, and leaves the environment that a process needs to
 * find it for `adapterEnvironment`. Silent where nothing is to be done, else one line through `say` per thing
 * installed. Throws an error that names the remedy where no adapter can be had.
 *
 * @param {(line: string) => void} say
 * @returns {Promise<{ adapter: string, env: Record<string, string> }>}
 */
export async function ensureAdapter(say = console.error) {
  const failures = [];
  const plain = {};
  let found = await probe(plain);
  if (found) return use(found, plain);

  const onSwiftShader = swiftshader.environment(SWIFTSHADER);
  if (existsSync(SWIFTSHADER) && (found = await probe(onSwiftShader))) return use(found, onSwiftShader);

  if (apt.canInstall()) {
    try {
      if ((await installMesa(say)) && (found = await probe(plain))) return use(found, plain);
    } catch (error) {
      failures.push(error.message);
    }
  }
  if (swiftshader.isAvailable()) {
    try {
      say(`No WebGPU adapter found: fetching ${swiftshader.description} into .tools`);
      await swiftshader.fetchInto(SWIFTSHADER);
      if ((found = await probe(onSwiftShader))) return use(found, onSwiftShader);
      failures.push('SwiftShader is in .tools/swiftshader, but gives Dawn no adapter');
    } catch (error) {
      failures.push(error.message);
    }
  }
  throw new Error([`No WebGPU adapter found. ${remedy()}`, ...failures].join('\n  '));
}

/**
 * Installs a lavapipe that Dawn accepts. False where apt has none, or has installed it already (so that cannot help).
 */
async function installMesa(say) {
  if (apt.majorVersion(await apt.installedVersion('mesa-vulkan-drivers')) >= MESA_MAJOR) {
    if (await apt.installedVersion('libvulkan1')) return false;
  }
  const { id, codename } = apt.release();
  await apt.updateLists();
  const backports = `${codename}-backports`;
  for (const suite of id === 'debian' && codename ? [undefined, backports] : [undefined]) {
    let version = await apt.candidateVersion('mesa-vulkan-drivers', suite);
    let from = suite ? ` from ${suite}` : '';
    if (suite && !(apt.majorVersion(version) >= MESA_MAJOR)) {
      await apt.addBackports(codename);
      version = await apt.candidateVersion('mesa-vulkan-drivers', suite);
      from += ", which is now among apt's sources";
    }
    if (!(apt.majorVersion(version) >= MESA_MAJOR)) continue;
    say(
      `No WebGPU adapter found: installing Mesa's software Vulkan (apt: ${MESA_PACKAGES.join(' ')} ${version}${from})`,
    );
    await apt.install(MESA_PACKAGES, suite);
    return true;
  }
  return false;
}

async function probe(env) {
  const script = join(root, 'scripts/lib/probe.mjs');
  const { code, stdout } = await run(process.execPath, [script], { env, timeoutMs: 60_000 });
  return code === 0 ? stdout.toString().trim() : undefined;
}

function use(adapter, env) {
  if (Object.keys(env).length > 0) {
    writeFileSync(ENVIRONMENT, `${JSON.stringify(env, null, 2)}\n`);
  } else {
    rmSync(ENVIRONMENT, { force: true });
  }
  return { adapter, env };
}

function remedy() {
  switch (process.platform) {
    case 'darwin':
      return 'WebGPU runs on Metal here: it needs macOS 12 or newer and a session with access to the GPU.';
    case 'win32':
      return "WebGPU runs on Direct3D 12 here: update Windows and the graphics card's driver.";
    default:
      return (
        'WebGPU runs on Vulkan here: install a Vulkan driver and its loader, for a machine without a GPU ' +
        `"mesa-vulkan-drivers" ${MESA_MAJOR} or newer and "libvulkan1" (Debian, Ubuntu) or "vulkan-loader" (Fedora).`
      );
  }
}
