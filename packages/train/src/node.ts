export { type AutotuneReport, autotuneDevice } from './autotune.ts';
export { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
export { cachedFeatures, defaultCacheFolder, type FeatureKey } from './feature-cache.ts';
