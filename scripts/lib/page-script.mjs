// Code for a page that another file carries as text: `import code from './main.ts?script'` is main.ts and all that it
// imports as one classic script. For esbuild, which builds the packages, and for vite, which runs the tests.
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const query = '?script';

async function bundled(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  return outputFiles[0].text.trim().replaceAll('</script', '<\\/script');
}

/** A plugin of esbuild. */
export const pageScript = {
  name: 'page-script',
  setup(build) {
    build.onResolve({ filter: /\?script$/ }, ({ path, importer }) => ({
      path: join(dirname(importer), path.slice(0, -query.length)),
      namespace: 'page-script',
    }));
    build.onLoad({ filter: /.*/, namespace: 'page-script' }, async ({ path }) => ({
      contents: await bundled(path),
      loader: 'text',
    }));
  },
};

/** A plugin of vite. */
export const pageScriptInVite = {
  name: 'page-script',
  enforce: 'pre',
  async load(id) {
    return id.endsWith(query)
      ? `export default ${JSON.stringify(await bundled(id.slice(0, -query.length)))};`
      : undefined;
  },
};
