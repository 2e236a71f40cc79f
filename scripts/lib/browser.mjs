// Finds the Chrome or Chromium in which the browser half of the tests runs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as apt from './apt.mjs';
import { which } from './run.mjs';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const MAC_APPS = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
const WINDOWS_APPS = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];

/** What to do where `findBrowser` finds none. */
export const browserRemedy = 'install Chrome or Chromium, or name one in the environment variable CHROME_PATH';

/** Command line of a Chromium that only ever opens our own pages, with WebGPU. */
export const browserArguments = [
  // Chromium counts software adapters, and many Linux drivers, as unsafe.
  '--enable-unsafe-webgpu',
  // The sandbox cannot start as root or in most containers; the pages are our own.
  '--no-sandbox',
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Chromium draws WebGPU canvases without a GPU where its own compositor runs on SwiftShader's Vulkan, too; else a
 * device is lost as soon as it presents something.
 */
export const canvasArguments = ['--use-angle=swiftshader', '--enable-features=Vulkan', '--use-vulkan=swiftshader'];

/** The path of a Chrome or Chromium, or undefined. Throws where CHROME_PATH names a file that does not exist. */
export function findBrowser() {
  const named = process.env.CHROME_PATH;
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROME_PATH names ${named}, which does not exist: ${browserRemedy}`);
    return named;
  }
  switch (process.platform) {
    case 'darwin':
      return MAC_APPS.map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`).find(existsSync);
    case 'win32':
      return [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
        .filter(Boolean)
        .flatMap((folder) => WINDOWS_APPS.map((app) => join(folder, app)))
        .find(existsSync);
    default:
      return which(COMMANDS);
  }
}

/**
 * `findBrowser`, or where it finds none Debian's `chromium` through apt (root on Debian or a derivative; Ubuntu's
 * package of that name only points at a snap). Returns undefined where no browser can be had.
 *
 * @param {(line: string) => void} say gets one line before something is installed
 */
export async function ensureBrowser(say = console.error) {
  const found = findBrowser();
  if (found || !apt.canInstall()) return found;
  await apt.updateLists();
  const version = await apt.candidateVersion('chromium');
  if (!version || version.includes('snap')) return undefined;
  say(`No browser found: installing Chromium (apt: chromium ${version})`);
  await apt.install(['chromium']);
  return findBrowser();
}
