export {
  type CheckOptions,
  checkImages,
  describeReports,
  type ImageProblem,
  type SplitReport,
  skipUnreadable,
} from './check.ts';
export { type EmbeddedPackage, embeddedClip, embeddedPackage } from './embedded-package.ts';
export { openCirco } from './layouts/circo.ts';
export { openCirr } from './layouts/cirr.ts';
export { openFashionIq } from './layouts/fashioniq.ts';
export { openFolder } from './layouts/folder.ts';
export { type WriteOptions, writeCirco, writeCirr, writeFashionIq } from './layouts/write.ts';
export { DATASETS, type DatasetName, isEmbedded, openDataset, openEmbeddedFromPackage } from './open.ts';
