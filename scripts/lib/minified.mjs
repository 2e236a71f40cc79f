import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

/**
 * A plugin of esbuild that minifies the code of other packages, file by file. A package's own code stays readable.
 */
export const minifiedThirdParty = {
  name: 'minified-third-party',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/.*\.m?js$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { minify: true, legalComments: 'none' });
      return { contents: code, loader: 'js' };
    });
  },
};
