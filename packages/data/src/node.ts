import { readFile } from 'node:fs/promises';
import { type EmbeddedDataset, openEmbedded } from './embedded.ts';

export { openCirr } from './layouts/cirr.ts';
export { openFashionIq } from './layouts/fashioniq.ts';
export { type WriteOptions, writeCirr, writeFashionIq } from './layouts/write.ts';

/** The folder of the embedded data set's files, seen from `src/` and from `dist/` alike. */
const embeddedFolder = new URL('../embedded/', import.meta.url);

/** Opens the embedded data set that comes with this package. */
export async function openEmbeddedFromPackage(): Promise<EmbeddedDataset> {
  const [pictures, annotations] = await Promise.all(
    ['pictures-idx3-ubyte.gz', 'annotations.json.gz'].map((name) => readFile(new URL(name, embeddedFolder))),
  );
  return openEmbedded({ pictures, annotations });
}
