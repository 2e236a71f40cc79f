import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

/**
 * A plugin of esbuild that minifies the code of other packages, file by file. A package's own code stays readable.
 */
export const minifiedThirdParty = {
  name: 'minified-third-party',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/.*\.m?js$/ }, async ({ path }) => {
      const original = await readFile(path, 'utf8');
      const { code } = await transform(original, {
        // As a script, which it would be unless told, a file would keep the names of all that it has on its first level.
        format: /^\s*(import|export)\b/m.test(original) ? 'esm' : 'cjs',
        minifyIdentifiers: true,
        minifySyntax: true,
        // With its comments, a file would lose what says which parts may be left out.
        minifyWhitespace: !original.includes('__PURE__'),
        legalComments: 'none',
      });
      return { contents: code, loader: 'js' };
    });
  },
};
