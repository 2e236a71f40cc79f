// The tests named `*.gpu.test.ts` once more, in Chromium on its own driver: other subgroup sizes, smaller limits. And those
// named `*.browser.test.ts`, of what Node does not have.
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { browserArguments, browserRemedy, findBrowser } from './scripts/lib/browser.mjs';
import { wgslAsText } from './scripts/lib/wgsl-as-text.mjs';

const executablePath = findBrowser();
if (!executablePath) throw new Error(`No browser found: ${browserRemedy}`);

export default defineConfig({
  plugins: [wgslAsText],
  resolve: { conditions: ['webcir-source', ...defaultClientConditions] },
  // Dawn for Node: imported in Node only.
  optimizeDeps: { exclude: ['webgpu'] },
  test: {
    include: ['{packages,apps}/*/test/**/*.{gpu,browser}.test.ts', 'packages/kernels/src/**/*.gpu.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      instances: [{ browser: 'chromium' }],
      provider: playwright({
        launchOptions: {
          executablePath,
          // What a test of leaks asks for.
          args: [...browserArguments, '--js-flags=--expose-gc', '--enable-precise-memory-info'],
        },
      }),
    },
  },
});
