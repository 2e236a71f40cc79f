// SwiftShader, Chromium's software Vulkan, with its Vulkan loader, out of an npm package that carries it: works without
// root and without any system package. Slower than Mesa's lavapipe and without f16 shaders.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { run } from './run.mjs';

const PACKAGE = '@sparticuz/chromium@147.0.0';
const INTEGRITY = 'sha512-4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ==';
const FILES = ['libvk_swiftshader.so', 'libvulkan.so.1', 'vk_swiftshader_icd.json'];

/** What is fetched, in words. */
export const description = `SwiftShader (npm ${PACKAGE}, 65 MB)`;

/** Whether the package has a build for this machine. */
export const isAvailable = () => process.platform === 'linux' && process.arch === 'x64';

/** The environment in which Dawn finds the SwiftShader in `folder`; it must be set before the process starts. */
export function environment(folder) {
  const others = (process.env.LD_LIBRARY_PATH ?? '').split(delimiter).filter((path) => path && path !== folder);
  return {
    VK_DRIVER_FILES: join(folder, 'vk_swiftshader_icd.json'),
    LD_LIBRARY_PATH: [folder, ...others].join(delimiter),
  };
}

/**
 * Fetches the package and unpacks SwiftShader into `folder`, which appears only when it is whole.
 * Throws where npm cannot fetch it or the package is not the one that is pinned here.
 */
export async function fetchInto(folder) {
  const tools = join(folder, '..');
  mkdirSync(tools, { recursive: true });
  const scratch = mkdtempSync(join(tools, 'fetch-'));
  try {
    const args = [
      'pack',
      PACKAGE,
      '--loglevel=error',
      '--prefer-offline',
      '--fetch-retries=1',
      '--pack-destination',
      scratch,
    ];
    const packed = await run('npm', args, { cwd: scratch, timeoutMs: 10 * 60_000 });
    if (packed.code !== 0) throw new Error(`npm pack ${PACKAGE} failed: ${withoutStack(packed.output)}`);
    const tarball = join(scratch, packed.stdout.toString().trim().split('\n').at(-1));
    const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    if (integrity !== INTEGRITY) throw new Error(`${PACKAGE} has integrity ${integrity}, expected ${INTEGRITY}`);

    const inner = await tar(['-xzOf', tarball, 'package/bin/swiftshader.tar.br']);
    const whole = join(scratch, 'swiftshader');
    mkdirSync(whole);
    await tar(['-x', '--no-same-owner', '-C', whole, ...FILES], brotliDecompressSync(inner));
    rmSync(folder, { recursive: true, force: true });
    renameSync(whole, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** npm's complaint on one line. */
function withoutStack(output) {
  const lines = output.split('\n').filter((line) => !/^npm error\s+at /.test(line));
  return lines
    .map((line) => line.replace(/^npm error /, '').trim())
    .filter(Boolean)
    .join(', ')
    .slice(0, 400);
}

async function tar(args, input) {
  const { code, stdout, output } = await run('tar', args, { input });
  if (code !== 0) throw new Error(`tar ${args.join(' ')} failed: ${output.trim().slice(-300)}`);
  return stdout;
}
