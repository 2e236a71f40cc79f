// These paths hold from src/ and from dist/ alike, so they must stay in a file at this depth.

/**
 * Fashion-MNIST's images as Zalando stores them, IDX, gzip: a `file:` URL in Node, whatever the bundler makes of it in
 * a page.
 */
export const images: URL = new URL('../data/images-idx3-ubyte.gz', import.meta.url);

/** Ids, attributes, triplets and groups of the embedded set, JSON, gzip. */
export const annotations: URL = new URL('../data/annotations.json.gz', import.meta.url);

/** A small CLIP that was pre-trained on the training images (stage 0), safetensors. */
export const clip: URL = new URL('../data/fmnist-clip.safetensors', import.meta.url);
