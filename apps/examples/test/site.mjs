// The examples as vite makes them, and a server for what it made.
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { build, defaultClientConditions } from 'vite';
import { wgslAsText } from '../../../scripts/lib/wgsl-as-text.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };

/**
 * Bundles pages out of the workspace's sources.
 * @param {string} root the folder that holds them
 * @param {string[]} pages paths of HTML files in it
 * @returns {Promise<Map<string, Buffer>>} files by path, from '/' on
 */
export async function bundled(root, pages) {
  const { output } = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [wgslAsText],
    resolve: { conditions: ['webcir-source', ...defaultClientConditions] },
    build: { write: false, target: 'es2022', rollupOptions: { input: pages.map((page) => join(root, page)) } },
  });
  return new Map(output.map(({ fileName, code, source }) => [`/${fileName}`, Buffer.from(code ?? source)]));
}

/** @param {Map<string, Buffer>} files by path; folders stand for their index.html */
export async function serve(files) {
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const body = path === '/favicon.ico' ? '' : files.get(path);
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return {
    url: `http://localhost:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
