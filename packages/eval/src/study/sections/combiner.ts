import { byAttribute } from '../attributes-changed.ts';
import { lambdaOf, learnedTerm, learnedTermDeviation, queriesWithout, WITHOUT } from '../combiner-parts.ts';
import { differences } from '../differences.ts';
import { histogramOf } from '../histogram.ts';
import { mainRecall } from '../main-recall.ts';
import { byTrait } from '../moves.ts';
import { type ByStage, meanAndDeviation, meanValue, type QueryValues } from '../scores.ts';
import type { StudyData, StudySection } from '../section.ts';
import { decimals, isNoise, numberOf, sayEnds, withInterval } from '../words.ts';

/** What goes on inside the Combiner: undefined where no model has one. */
export async function combinerSection(data: StudyData): Promise<StudySection | undefined> {
  const { evaluator, spaces, strata, captions, measure, ranks } = data;
  const space = spaces.find(({ parts }) => parts !== undefined);
  if (!space) return undefined;
  const { stage, parts } = space;
  const lambda = measure(lambdaOf);
  const learned = measure(learnedTerm);
  const triplets = evaluator.categories.flatMap((category) => category.triplets);
  const lambdaBy = (what: string, values: QueryValues[]) =>
    meanAndDeviation(`λ by ${what}`, strata, { [stage]: values }).map(measure);
  const kinds = lambdaBy('caption', byTrait(captions, parts!.lambda));
  const attributes = lambdaBy('attribute', byAttribute(triplets, parts!.lambda));
  const recall = mainRecall(evaluator.protocol);
  const variants = Object.keys(WITHOUT) as (keyof typeof WITHOUT)[];
  const hits: QueryValues[] = [];
  for (const of of variants) {
    hits.push({ of, values: (await ranks(space, queriesWithout(space, of))).map(recall.of) });
  }
  const byStage: ByStage<QueryValues[]> = { [stage]: hits };
  const recalls = measure(meanValue(`${recall.label} without a part`, strata, byStage, { scale: 100 }));
  const losses = measure(differences(`${recall.label} lost without a part`, strata, byStage, variants[0]));
  const one = decimals(1);
  const whole = numberOf(recalls, variants[0], stage);
  return {
    id: 'combiner',
    title: 'Inside the Combiner',
    about:
      'The Combiner adds a learned term v(c) to a convex term λ · text + (1 − λ) · image, of features as CLIP gives ' +
      'them. λ is one number for each query. Taking a part out shows what it was good for.',
    findings: [
      `λ is ${withInterval(numberOf(lambda, 'mean', stage), decimals(3))} in the mean, with a standard deviation of ` +
        `${withInterval(numberOf(lambda, 'standard deviation', stage), decimals(3))} over the queries.`,
      `The learned term is ${withInterval(numberOf(learned, 'length / convex term', stage), decimals(2))} times as ` +
        `long as the convex term; the cosine of the two is ` +
        `${withInterval(numberOf(learned, 'cosine with the convex term', stage), decimals(2))}.`,
      ...sayEnds('λ is', attributes[0].measured, decimals(3)),
      ...variants.slice(1).map((variant) => {
        const change = numberOf(losses, variant, stage);
        const { value } = numberOf(recalls, variant, stage);
        const said = `${recall.label} ${one(value)} instead of ${one(whole.value)}`;
        return isNoise(change)
          ? `${capitalized(variant)}: no difference beyond noise (${said}, ${withInterval(change, one)}).`
          : `${capitalized(variant)}: ${said} (${withInterval(change, one)}).`;
      }),
    ],
    figures: [
      {
        kind: 'histograms',
        name: 'lambda',
        title: 'λ',
        unit: 'queries',
        caption: 'How λ is distributed over the queries: 1 is the text alone.',
        panels: [{ stage, ...histogramOf('λ', parts!.lambda) }],
      },
      {
        kind: 'intervals',
        name: 'lambda-by-caption',
        title: 'mean λ',
        caption: 'λ for captions that speak of different things.',
        measured: kinds[0].measured,
      },
      ...(attributes[0].measured.length > 0
        ? [
            {
              kind: 'intervals' as const,
              name: 'lambda-by-attribute',
              title: 'mean λ',
              caption: 'λ by the attributes that a caption changes, as the data set knows them.',
              measured: attributes[0].measured,
            },
          ]
        : []),
      {
        kind: 'intervals',
        name: 'without-a-part',
        title: `${recall.label}, %`,
        caption: `${recall.label} of the whole Combiner, and with a part taken out or held fixed.`,
        measured: recalls.measured,
      },
    ],
    numbers: [lambda, learned, measure(learnedTermDeviation), ...kinds, ...attributes, recalls, losses],
  };
}

/** With a capital at the beginning; λ stays λ. */
const capitalized = (text: string): string => text.replace(/^[a-z]/, (letter) => letter.toUpperCase());
