// These paths hold from src/ and from dist/ alike, so they must stay in a file at this depth.

/**
 * The emoji on white, WebP files of 72 x 72 one after another: a `file:` URL in Node, whatever the bundler makes of it
 * in a page.
 */
export const images: URL = new URL('../data/images.webps', import.meta.url);

/** Ids, attributes, triplets and groups of the emoji, JSON, gzip. */
export const annotations: URL = new URL('../data/annotations.json.gz', import.meta.url);

/** A small CLIP that was pre-trained on the training images (stage 0), safetensors. */
export const clip: URL = new URL('../data/emoji-clip.safetensors', import.meta.url);
