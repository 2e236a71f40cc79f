export { madeAhead } from './made-ahead.ts';
export { type AutotuneDeviceOptions, type Autotuning, autotuneDevice } from './node/autotune.ts';
export { defaultCacheFolder } from './node/cache.ts';
export { cachedFeatures, type FeatureKey } from './node/feature-cache.ts';
export { openFlatStore } from './node/flat-store.ts';
export { openCombinerModel } from './node/open-combiner.ts';
export { type Images, openPlanes, type PlanesSource, planesOf } from './node/planes.ts';
export { type Run, readRun, readRunConfig } from './node/read-run.ts';
export { diskFiles } from './node/store-files.ts';
