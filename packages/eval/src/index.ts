export { type BootstrapInterval, type BootstrapOptions, bootstrapDifference } from './bootstrap.ts';
export { type EvaluationSource, Evaluator, type Fuse, type Judged, Ranker, Scoreboard } from './evaluator.ts';
export type { CategoryFeatures, CategoryFusion, RankedBy } from './fusions/category.ts';
export { TRAINING_FREE, type TrainingFree, trainingFree, WEIGHTED } from './fusions/training-free.ts';
export { rankGroups } from './groups.ts';
export { groupRecall, meanAveragePrecision, recall } from './metrics.ts';
export { meanRows, meanValues, type RunRanks } from './over-runs.ts';
export { protocolNamed, protocolsFor } from './protocols/index.ts';
export {
  type CategoryScores,
  type Criterion,
  type Metric,
  type MetricKey,
  overallScores,
  type Protocol,
  type Ranks,
  type Scores,
  scoreCategories,
} from './protocols/protocol.ts';
export {
  answersOf,
  type CategoryQueries,
  type CategoryRanking,
  queriesOf,
  rankQueries,
} from './queries.ts';
export { type Answer, type Ranking, ranksOf } from './ranks.ts';
export { reportQueries, trainingCurves } from './report/select.ts';
export { formatTable, methodLines, type TableLine } from './report/table.ts';
export { METHODS, type Method, type ReportData, type ResultRow, type Shown } from './report/types.ts';
export type { Figure } from './study/figures.ts';
export type { Change, Estimate, Measured, Measurements } from './study/measure.ts';
export type { StudyModel } from './study/model.ts';
export type { Example, StudySection } from './study/section.ts';
export type { Stage } from './study/space.ts';
export { type StudyOptions, study } from './study/study.ts';
export { circoSubmission, cirrSubmission } from './submission.ts';
