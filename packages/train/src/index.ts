export { type OnProgress, PictureEncoder, TextEncoderPrograms } from './encode.ts';
export { checkBatch, type Drawn, drawEpoch, type Example, examplesOf } from './examples.ts';
export { type FeatureTable, featureRows, tableOf } from './features.ts';
export { Fusion } from './fusion.ts';
export { DivergedError, type Recipe, runTraining, type StepReport } from './loop.ts';
export { batchContrastiveLoss, logitScale } from './loss.ts';
export { type CaptionedPicture, type PretrainOptions, pretrain } from './pretrain.ts';
export { runStage1, type Stage1Options } from './run-stage1.ts';
export { runStage2, type Stage2Options } from './run-stage2.ts';
export { learningRateAt, type Schedule } from './schedule.ts';
export { isTuned, Stage1, stage1Adam, type TunedEncoder } from './stage1.ts';
export { Stage2 } from './stage2.ts';
export {
  answersOf,
  type CategoryQueries,
  type CategoryRanking,
  type QueryFeatures,
  queriesOf,
  rankQueries,
} from './validate.ts';
