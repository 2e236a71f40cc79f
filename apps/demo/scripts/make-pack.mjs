// Makes what the demo shows of an embedded data set: the test split's images on one atlas, their features, the models of
// a training run, queries with known answers, captions to suggest. The page then has nothing to encode at its start.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clipFingerprint, fromFloat32, storeClipModel } from '@webcir/clip';
import { compressAtlas, openClipModel, openWeights, writeSafetensorsFile } from '@webcir/clip/node';
import { seededRandom } from '@webcir/data';
import { openDataset } from '@webcir/data/node';
import { GalleryIndex, readCombinerModel, storeCombinerModel } from '@webcir/retrieval';
import { Retriever } from 'webcir/node';
import { layOut } from '../src/layout.mjs';
import { captionsOf, labelOf, queriesOf } from './pack/words.mjs';

const USAGE = `usage: pnpm demo-pack --dataset NAME --run FOLDER [--out FOLDER]
  --dataset NAME   fmnist-cir or emoji-cir
  --run FOLDER     a finished run of webcir train on it: clip.safetensors and combiner.safetensors
  --out FOLDER     default: apps/demo/public/packs/NAME`;

/** What people read of a data set, and within how many results its protocol first counts a query as solved. */
const ABOUT = {
  'fmnist-cir': { title: 'Clothes', credit: 'Fashion-MNIST, Zalando SE, MIT', solvedWithin: 10, tile: 28 },
  'emoji-cir': { title: 'Emoji', credit: 'Fluent Emoji, Microsoft, MIT', solvedWithin: 5, tile: 72 },
};
/** The widest atlas in pixels: every device has textures of this size. */
const MAX_WIDTH = 2048;
/** The share of right answers that score at least `fitting`: below it, the page says that nothing fits. */
const FITTING = 0.95;
/** Images near each image that its place on the map depends on. */
const NEIGHBOURS = 15;

const options = { dataset: { type: 'string' }, run: { type: 'string' }, out: { type: 'string' } };
const given = parseArgs({ options }).values;
if (!ABOUT[given.dataset] || !given.run) {
  console.error(USAGE);
  process.exitCode = 1;
} else {
  const out = given.out ?? join(import.meta.dirname, '../public/packs', given.dataset);
  await makePack(given.dataset, given.run, out);
}

async function makePack(name, run, out) {
  await mkdir(out, { recursive: true });
  const files = { clip: join(out, 'clip.safetensors'), combiner: join(out, 'combiner.safetensors') };
  await writeSafetensorsFile(files.clip, storeClipModel(await openClipModel(join(run, 'clip.safetensors')), 'F16'));
  const { tensors } = readCombinerModel(await openWeights(join(run, 'combiner.safetensors')));
  // Rounded to half precision, the CLIP has another fingerprint than the one that the Combiner was trained with.
  const clip = await clipFingerprint(await openClipModel(files.clip));
  await writeSafetensorsFile(files.combiner, storeCombinerModel({ tensors, clip }, 'F16'));

  const dataset = await openDataset(name);
  const retriever = await Retriever.load({ clip: files.clip, combiner: files.combiner });
  const indexed = async (split) =>
    retriever.index(await Promise.all(dataset.gallery(split).map(async (id) => [id, await dataset.image(id)])));
  const gallery = await indexed('test');
  console.log(`${gallery.ids.length} images encoded`);

  const { tile, ...about } = ABOUT[name];
  const columns = Math.min(Math.floor(MAX_WIDTH / tile), Math.ceil(Math.sqrt(gallery.ids.length)));
  const images = gallery.ids.map((id) => () => dataset.image(id));
  await writeFile(join(out, 'atlas.webp'), await compressAtlas(images, { tile, columns }));

  const captions = captionsOf(dataset, 'test');
  const said = [];
  for (const { text } of captions) said.push((await retriever.explain(gallery, { text }, { words: false })).text);
  const { embedDim } = retriever.config;
  await writeSafetensorsFile(join(out, 'features.safetensors'), {
    tensors: new Map([
      ['images', fromFloat32(gallery.features, [gallery.ids.length, embedDim])],
      ['captions', fromFloat32(Float32Array.from(said.flatMap((row) => [...row])), [captions.length, embedDim])],
      ['places', fromFloat32(await places(retriever, gallery), [gallery.ids.length, 2])],
    ]),
    metadata: new Map([['fingerprint', await gallery.fingerprint()]]),
  });

  const rowOf = (id) => gallery.rowOf(id);
  const pack = {
    name,
    ...about,
    atlas: { tile, columns },
    ids: gallery.ids,
    labels: gallery.ids.map((id) => labelOf(dataset, id)),
    fitting: await fittingScore(retriever, await indexed('val'), dataset),
    queries: queriesOf(dataset, 'test').map(({ reference, target, text }) => [rowOf(reference), rowOf(target), text]),
    captions: captions.map(({ text, references }) => [text, references.map(rowOf)]),
  };
  await writeFile(join(out, 'pack.json'), JSON.stringify(pack));
  await gallery.dispose();
  await retriever.dispose();
}

/** The score that all but a few right answers of the validation split reach. */
async function fittingScore(retriever, gallery, dataset) {
  const scores = [];
  for (const { reference, target, text } of queriesOf(dataset, 'val')) {
    const { query } = await retriever.explain(gallery, { image: reference, text }, { words: false });
    scores.push(gallery.scores(query)[gallery.rowOf(target)]);
  }
  await gallery.dispose();
  scores.sort((a, b) => b - a);
  return Number(scores[Math.floor(FITTING * scores.length)].toFixed(3));
}

/** Places on the map, [images, 2]. */
async function places(retriever, { ids, features }) {
  const index = await GalleryIndex.create(retriever.device, features, retriever.config.embedDim);
  const { k, indices, scores } = await index.search(features, NEIGHBOURS + 1);
  await index.dispose();
  return await layOut({ count: ids.length, k, indices, scores, random: seededRandom(1) });
}
