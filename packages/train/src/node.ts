export { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
export { cachedFeatures, defaultCacheFolder, type FeatureKey } from './feature-cache.ts';
export { type TuningReport, tuneDevice } from './tuning.ts';
