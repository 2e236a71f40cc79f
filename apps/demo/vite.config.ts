import { defaultClientConditions, defineConfig } from 'vite';
import { wgslAsText } from '../../scripts/lib/wgsl-as-text.mjs';
import { offline } from './scripts/offline.mjs';

export default defineConfig({
  base: './', // any folder of any host
  plugins: [wgslAsText, offline],
  resolve: { conditions: ['webcir-source', ...defaultClientConditions] },
  // No `data:` addresses: the page's Content-Security-Policy allows none.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
