export { type AutotuneDeviceOptions, type Autotuning, autotuneDevice } from './node/autotune.ts';
export { cachedFeatures, defaultCacheFolder, type FeatureKey } from './node/feature-cache.ts';
export { openCombinerModel } from './node/open-combiner.ts';
export { type Images, madeAhead, openPlanes, type PlanesSource, type Preprocessing, planesOf } from './node/planes.ts';
export { type Run, readRun } from './node/read-run.ts';
