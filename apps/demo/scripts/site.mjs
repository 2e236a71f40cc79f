// The demo as vite makes it, and a server for it: for tests and for measuring.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { Transform } from 'node:stream';
import { build } from 'vite';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
};
const demo = join(import.meta.dirname, '..');

/** Bundles the demo into a folder. */
export async function buildDemo(folder) {
  const outDir = { outDir: folder, emptyOutDir: true };
  await build({ root: demo, configFile: join(demo, 'vite.config.ts'), logLevel: 'error', build: outDir });
}

/**
 * Serves a folder on localhost, where browsers offer WebGPU.
 * @param {string} folder
 * @param {{ bytesPerSecond?: number, files?: Map<string, string | URL> }} [options] of all answers together; files that
 *   are elsewhere, by path
 */
export async function serveDemo(folder, { bytesPerSecond, files = new Map() } = {}) {
  const line = bytesPerSecond === undefined ? undefined : { bytesPerSecond, free: 0 };
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    const file = files.get(path) ?? join(folder, path);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'content-length': statSync(file).size,
    });
    const stream = createReadStream(file);
    if (line) stream.pipe(throttle(line)).pipe(response);
    else stream.pipe(response);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://localhost:${server.address().port}/`, close };
}

/** Lets bytes through as a line does that several answers share. */
function throttle(line) {
  return new Transform({
    transform(chunk, _, done) {
      const start = Math.max(line.free, performance.now());
      line.free = start + (1000 * chunk.length) / line.bytesPerSecond;
      setTimeout(() => done(null, chunk), line.free - performance.now());
    },
  });
}
