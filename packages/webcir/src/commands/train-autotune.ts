import type { Evaluator } from '@webcir/eval';
import type { Graph } from '@webcir/kernels';
import { type Example, stage1Graphs, stage2Graph } from '@webcir/train';
import { encoderGraphs } from './autotune.ts';
import { imageIds, type Session } from './session.ts';
import type { TrainOptions } from './train-options.ts';
import { stage1Plan } from './train-stage1.ts';
import { combinerConfig } from './train-stage2.ts';

/**
 * What a whole run will compile. Kernels are chosen for all of it before it starts, as a resumed run must round as this one does.
 * @param microBatch of stage 1, where there is one
 */
export function graphsOfRun(
  session: Session,
  options: TrainOptions,
  examples: readonly Example[],
  evaluators: readonly Evaluator[],
  microBatch: number | undefined,
): Graph<string>[] {
  const { foldBatchnorm: fold, trimText: trim, combinerBatchSize: batch, dropout } = options;
  const images = imageIds(session).length;
  const captions = examples.flatMap(({ texts }) => texts);
  const graphs = encoderGraphs(session, { images, fold, texts: evaluators.flatMap(({ texts }) => texts) });
  if (microBatch !== undefined) {
    graphs.push(...stage1Graphs(stage1Plan(session, options), microBatch, captions));
    if (options.encoder !== 'text') graphs.push(...encoderGraphs(session, { images, fold: false, texts: [] }));
  }
  if (options.stages !== '1') {
    const combiner = combinerConfig(session.model.config.embedDim, options);
    graphs.push(...encoderGraphs(session, { images: 0, texts: captions, trim }));
    graphs.push(
      stage2Graph(combiner, session.device.capabilities, { batch, dropout, mixed: options.precision === 'amp' }),
    );
  }
  return graphs;
}
