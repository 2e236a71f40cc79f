import type { EvaluationSource, Evaluator } from '../evaluator.ts';
import { measure } from './measure.ts';
import { queryFeatures, type StudyModel, spaceOf, strataOf, textFeatures } from './model.ts';
import { nearestOthers } from './movement.ts';
import { nearestInGallery } from './neighbours.ts';
import { randomPairs } from './pairs.ts';
import { type GalleryRows, protocolRanks, targetRanks } from './ranking.ts';
import type { StudyData, StudySection } from './section.ts';
import { bothSection } from './sections/both.ts';
import { captionsSection } from './sections/captions.ts';
import { combinerSection } from './sections/combiner.ts';
import { displacementSection } from './sections/displacement.ts';
import { lengthsSection } from './sections/lengths.ts';
import { mapsSection } from './sections/maps.ts';
import { modalitySection } from './sections/modality.ts';
import { paraphrasesSection } from './sections/paraphrases.ts';
import { separationSection } from './sections/separation.ts';
import { rangesOf, type Space } from './space.ts';

/** How a study is made. */
export interface StudyOptions {
  /** Of everything random: resamples and random pairs. */
  readonly seed: number;
  /** How many resamples the intervals are made from; 1,000 unless given. */
  readonly resamples?: number;
  /** Called before each section. */
  readonly onSection?: (done: number, total: number) => void;
}

/**
 * Studies what each stage of training does to the features of a split.
 * @param models in the order in which training makes them
 */
export async function study(
  source: EvaluationSource,
  evaluator: Evaluator,
  models: readonly StudyModel[],
  options: StudyOptions,
): Promise<StudySection[]> {
  const data = await studyData(source, evaluator, models, options);
  const sections: StudySection[] = [];
  for (const [index, make] of SECTIONS.entries()) {
    options.onSection?.(index, SECTIONS.length);
    const section = await make(data);
    if (section) sections.push(section);
  }
  return sections;
}

const SECTIONS: readonly ((data: StudyData) => Promise<StudySection | undefined> | StudySection | undefined)[] = [
  lengthsSection,
  modalitySection,
  separationSection,
  displacementSection,
  combinerSection,
  bothSection,
  paraphrasesSection,
  captionsSection,
  mapsSection,
];

async function studyData(
  { device, model: { config }, tokenRows }: EvaluationSource,
  evaluator: Evaluator,
  models: readonly StudyModel[],
  { seed, resamples }: StudyOptions,
): Promise<StudyData> {
  const { categories } = evaluator;
  const strata = strataOf(categories);
  const rows = galleryRows(evaluator);
  const spaces: Space[] = [];
  for (const [index, model] of models.entries()) {
    const texts = model.sameClip ? spaces[index - 1].texts : await textFeatures(device, config, model, evaluator.texts);
    spaces.push(await spaceOf(device, model, categories, texts));
  }
  // The last two stages share a text encoder.
  const encoded = new WeakMap<StudyModel['weights'], { captions: readonly string[]; texts: Float32Array }>();
  const textsOf = async (model: StudyModel, captions: readonly string[]): Promise<Float32Array> => {
    const known = encoded.get(model.weights);
    if (known?.captions === captions) return known.texts;
    const texts = await textFeatures(device, config, model, captions.map(tokenRows));
    encoded.set(model.weights, { captions, texts });
    return texts;
  };
  const modelOf = (stage: StudyModel['stage']) => models.find((model) => model.stage === stage)!;
  return {
    evaluator,
    strata,
    captions: categories.flatMap(({ captions }) => captions),
    models,
    spaces,
    rows,
    seed,
    pairs: { queries: randomPairs(strata, 'queries', seed), images: randomPairs(strata, 'images', seed) },
    measure: (quantity) => measure(quantity, spaces, strata, { seed, resamples }),
    ranks: ({ stage }, queries) => protocolRanks(evaluator, strata, modelOf(stage).features, queries),
    wholeRanks: (space, queries) => targetRanks(space, queries, strata, rows),
    neighbours: (space, rows, k) => nearestInGallery(device, space, rows, strata, k),
    others: ({ dim }, rows, k) => nearestOthers(device, rows, dim, k),
    fits: (caption) => {
      try {
        return tokenRows(caption).length > 0;
      } catch {
        return false; // too long, and not to be cut
      }
    },
    queriesFor: async ({ stage, references }, captions) => {
      const model = modelOf(stage);
      return (await queryFeatures(device, model, references, await textsOf(model, captions))).queries;
    },
  };
}

function galleryRows({ categories, answers, protocol }: Evaluator): GalleryRows {
  const starts = rangesOf(strataOf(categories), 'images').map(({ start }) => start);
  const each = (of: (category: number, query: number) => number): Int32Array =>
    Int32Array.from(
      categories.flatMap(({ triplets }, category) =>
        triplets.map((_, query) => {
          const row = of(category, query);
          return row < 0 ? -1 : starts[category] + row;
        }),
      ),
    );
  const places = categories.map(({ gallery }) => new Map(gallery.map((id, row) => [id, row])));
  return {
    target: each((category, query) => answers[category][query].target),
    removed: each((category, query) =>
      protocol.removesReference ? (places[category].get(categories[category].triplets[query].reference) ?? -1) : -1,
    ),
    other: each((category, query) => {
      const { target, correct = [] } = answers[category][query];
      return correct.find((row) => row >= 0 && row !== target) ?? -1;
    }),
  };
}
