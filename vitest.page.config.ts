// The tests named `*.page.test.mjs`: in Node, driving Chromium through whole visits to a page, with a server at hand that
// counts and misbehaves.
import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default defineConfig({
  ...base,
  test: { ...base.test, include: ['{packages,apps}/*/test/**/*.page.test.mjs'] },
});
