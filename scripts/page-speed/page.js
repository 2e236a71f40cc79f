// The page that page-speed.mjs times: a search over images with a Combiner, as a page of anybody's would make it.
import { Retriever } from 'webcir';

const GALLERY = 256;
const WARM_QUERIES = 30;
const IMAGE_SIDE = 28;
const text = 'is darker and has long sleeves';

globalThis.figures = measure();

async function measure() {
  const retriever = await Retriever.load({
    clip: '/clip.safetensors',
    combiner: '/combiner.safetensors',
    tokenizer: '/clip-vocabulary.txt.gz',
  });
  const ready = performance.now(); // counts from navigation
  const images = await embeddedImages();
  const features = storedFeatures(GALLERY * retriever.config.embedDim);
  const ids = images.slice(0, GALLERY).map((_, i) => `image ${i}`);

  const [restore, gallery] = await timed(() => retriever.restore(ids, features));
  const own = (i) => retriever.search(gallery, { image: images[GALLERY + i], text });
  const byId = (i) => retriever.search(gallery, { image: ids[i], text });
  const [firstQuery] = await timed(() => own(0));
  const [firstById] = await timed(() => byId(0));
  const warm = [];
  const warmById = [];
  for (let i = 0; i < WARM_QUERIES; i++) {
    warm.push((await timed(() => own(i)))[0]);
    warmById.push((await timed(() => byId(i)))[0]);
  }

  const entries = ids.map((id, i) => [id, images[i]]);
  const [firstIndex] = await timed(() => retriever.index(entries));
  const [index] = await timed(() => retriever.index(entries));
  return {
    adapter: retriever.device.name,
    milliseconds: {
      ready,
      restore,
      firstQuery,
      firstAnswer: ready + restore + firstQuery,
      firstById,
      warm: median(warm),
      warmById: median(warmById),
      firstIndex: firstIndex / GALLERY,
      index: index / GALLERY,
    },
  };
}

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

/** The embedded set's first images, in colour as `decodeImage` gives them. */
async function embeddedImages() {
  const pixels = new Uint8Array(await (await fetch('/images')).arrayBuffer());
  const size = IMAGE_SIDE ** 2;
  return Array.from({ length: pixels.length / size }, (_, image) => ({
    width: IMAGE_SIDE,
    height: IMAGE_SIDE,
    channels: 3,
    data: Uint8Array.from({ length: 3 * size }, (_, i) => pixels[image * size + Math.floor(i / 3)]),
  }));
}

/** Features of any values: a search takes as long with others. */
function storedFeatures(length) {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * i));
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
