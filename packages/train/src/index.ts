export { type EncoderPlan, imageBatchFor, imageGraphs, textBatchFor, textGraphs } from './batch-size.ts';
export { ImageEncoder, type OnProgress, TextEncoderPrograms } from './encode.ts';
export { checkBatch, type Drawn, type Example, examplesOf } from './examples.ts';
export { type FeatureTable, featureRows, tableOf } from './features.ts';
export { Fusion } from './fusion.ts';
export { DivergedError, type PreparedStep, type Recipe, type StepReport } from './loop.ts';
export { batchContrastiveLoss, logitScale } from './loss.ts';
export { type CaptionedImage, type PretrainOptions, pretrain, pretrainGraphs } from './pretrain.ts';
export { runStage1, type Stage1Options } from './run-stage1.ts';
export { runStage2, type Stage2Options } from './run-stage2.ts';
export type { Schedule } from './schedule.ts';
export { Stage1, type Stage1Settings, stage1Adam } from './stage1.ts';
export { chooseMicroBatch, type Stage1Plan, stage1Graphs, stage1Memory } from './stage1-memory.ts';
export { Stage2, stage2Graph } from './stage2.ts';
export { isTuned, type TunedEncoder } from './tuned.ts';
export {
  answersOf,
  type CategoryQueries,
  type CategoryRanking,
  type QueryFeatures,
  queriesOf,
  rankQueries,
} from './validate.ts';
