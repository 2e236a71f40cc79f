// Every test, in Node.
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { pageScriptInVite } from './scripts/lib/page-script.mjs';
import { wgslAsText } from './scripts/lib/wgsl-as-text.mjs';

// Workspace packages are read from their TypeScript sources: nothing has to be built first.
const conditions = ['webcir-source', ...defaultServerConditions];

export default defineConfig({
  plugins: [wgslAsText, pageScriptInVite],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages,apps}/*/test/**/*.test.ts', 'packages/kernels/src/**/*.test.ts', 'scripts/test/**/*.test.mjs'],
    exclude: ['**/node_modules/**', '**/*.browser.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One file at a time, each in a process of its own: test files that share a device would only slow each other down,
    // and a driver that crashes takes one file with it.
    pool: 'forks',
    fileParallelism: false,
  },
});
