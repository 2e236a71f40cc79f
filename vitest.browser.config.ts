// The tests named `*.gpu.test.ts` once more, in Chromium on its own driver: other subgroup sizes, smaller limits.
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { browserRemedy, findBrowser } from './scripts/lib/browser.mjs';

const executablePath = findBrowser();
if (!executablePath) throw new Error(`No browser found: ${browserRemedy}`);

export default defineConfig({
  resolve: { conditions: ['webcir-source', ...defaultClientConditions] },
  // Dawn for Node: imported in Node only.
  optimizeDeps: { exclude: ['webgpu'] },
  test: {
    include: ['packages/*/test/**/*.gpu.test.ts', 'packages/kernels/src/**/*.gpu.test.ts'],
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
          args: [
            // Chromium counts software adapters, and many Linux drivers, as unsafe.
            '--enable-unsafe-webgpu',
            // The sandbox cannot start as root or in most containers; the pages are our own.
            '--no-sandbox',
            '--no-first-run',
            '--disable-quic',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      }),
    },
  },
});
