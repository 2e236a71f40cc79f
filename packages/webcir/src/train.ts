export { type CirDataset, runImages, splitImages, type Triplet, trainingTriplets } from '@webcir/data';
export { Evaluator, type Protocol, protocolNamed, protocolsFor, type Scores, scoreCategories } from '@webcir/eval';
export { ImageEncoder, tableOf } from '@webcir/retrieval';
export {
  DivergedError,
  type Example,
  examplesOf,
  memoryStorage,
  type Picked,
  type PicksRun,
  type RunEvent,
  type RunOptions,
  type RunStorage,
  type TrainedModels,
  type TrainingRun,
  trainOnPicks,
  trainRun,
  type Validation,
} from '@webcir/train';
