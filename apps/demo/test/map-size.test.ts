// What the map adds to a page that has a device.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
// @ts-expect-error: no types
import { leanWgsl } from '../../../scripts/lib/lean-wgsl.mjs';

it('is at most 12 kB, minified and compressed, with nothing of others', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [new URL('../src/map/map.ts', import.meta.url).pathname],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    plugins: [leanWgsl],
  });
  expect(Object.keys(metafile.inputs).filter((path) => !path.includes('apps/demo/src/map/'))).toEqual([]);
  const bytes = gzipSync(outputFiles[0].contents).length;
  console.log(`the map: ${bytes} bytes`);
  expect(bytes).toBeLessThanOrEqual(12_000);
});
