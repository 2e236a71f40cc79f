// Serves the page, its bundle, and the files that a page of a search asks for.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { clipFingerprint, hostTensor, safetensorsPieces } from '../../packages/clip/dist/index.js';
import { openClipModel } from '../../packages/clip/dist/node.js';
import { combinerEntries, initialCombiner } from '../../packages/combiner/dist/index.js';
import { seededRandom } from '../../packages/data/dist/index.js';
import { clip, images } from '../../packages/embedded/dist/index.js';
import { storeCombinerModel } from '../../packages/retrieval/dist/index.js';
import { root } from '../lib/run.mjs';

const HTML = '<!doctype html><meta charset="utf-8" /><title>page-speed</title>';
/** The gallery's and those of the queries. */
const IMAGES = 512;

/**
 * A server on localhost, secure enough for a browser to offer WebGPU: `/<n>/` is the page with the sources of the n-th
 * checkout.
 * @param {string[]} checkouts root folders
 * @param {boolean} traced whether the page loads trace.js first
 */
export async function serve(checkouts, traced) {
  const files = new Map([
    ['/clip.safetensors', readFileSync(clip)],
    ['/combiner.safetensors', await combiner()],
    ['/clip-vocabulary.txt.gz', readFileSync(join(root, 'packages/clip/assets/clip-vocabulary.txt.gz'))],
    ['/images', embeddedImages()],
    ['/trace.js', readFileSync(join(import.meta.dirname, 'trace.js'))],
  ]);
  for (const [i, checkout] of checkouts.entries()) {
    const scripts = [...(traced ? ['/trace.js'] : []), `/${i}/page.js`];
    files.set(`/${i}/`, HTML + scripts.map((path) => `<script type="module" src="${path}"></script>`).join(''));
    files.set(`/${i}/page.js`, await bundle(checkout));
  }
  const server = createServer((request, response) => {
    const content = files.get(request.url);
    response.statusCode = content === undefined ? 404 : 200;
    const type = request.url.endsWith('.js') ? 'text/javascript' : 'application/octet-stream';
    response.setHeader('content-type', request.url.endsWith('/') ? 'text/html' : type);
    response.end(content);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** The page's script, as its author would ship it. */
async function bundle(checkout) {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.js')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    alias: { webcir: join(checkout, 'packages/webcir/dist/index.js') },
    logLevel: 'warning',
  });
  return outputFiles[0].contents;
}

/** A Combiner of the size that training makes for the small CLIP, untrained: a search takes as long with it. */
async function combiner() {
  const model = await openClipModel(fileURLToPath(clip));
  const { embedDim: featureDim } = model.config;
  const sizes = { featureDim, projectionDim: 4 * featureDim, hiddenDim: 8 * featureDim };
  const weights = initialCombiner(sizes, seededRandom(1));
  const tensors = new Map(
    combinerEntries(sizes).map(({ name, shape }) => [name, hostTensor(shape, weights.get(name))]),
  );
  const pieces = [];
  const content = storeCombinerModel({ tensors, clip: await clipFingerprint(model) }, 'F32');
  for await (const piece of safetensorsPieces(content)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Grey images of 28 x 28, a byte for each pixel. */
function embeddedImages() {
  const idx = gunzipSync(readFileSync(images));
  return idx.subarray(16, 16 + IMAGES * 28 * 28); // after four words: the format's mark, and three sizes
}
