// The profiler of this checkout.
import { launch } from './lib/launch.mjs';
import { ensurePeers } from './lib/peers.mjs';

const asked = (...options) => options.some((option) => process.argv.includes(option));

if (asked('--browser') && !asked('--help', '-h')) {
  const { benchInBrowser } = await import('./lib/bench-browser.mjs');
  process.exitCode = await benchInBrowser(process.argv.slice(2));
} else {
  if (asked('--peers', '--goals') && !asked('--help', '-h')) {
    // Peers that cannot be had are reported as not run; the rest of the bench does not need them.
    await ensurePeers().catch(({ message }) => console.error(message));
  }
  await launch('apps/bench/dist/cli.js');
}
