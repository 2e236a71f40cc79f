import { readFileSync } from 'node:fs';
import { type Attributes, attributesOf } from '../../src/attributes.ts';
import { clustersOf, distance, silhouette } from './clusters.ts';
import { type Measures, measure } from './measure.ts';
import { type Category, categories, type SourceImage } from './source.ts';

export interface LabelledImage extends SourceImage {
  measures: Measures;
  /** Attributes measured from the pixels; those that are hard to tell are absent. */
  attributes: Attributes;
}

/** An image must be this much nearer (in squared distance) to its own kind of sleeves than to any other. */
const clusterMargin = 1.05;
/** Sleeveless garments with a `shoulders` measure below the first are strappy, above the second they are not. */
const strapBounds: Record<Category, [number, number]> = { dress: [0.72, 0.8], shirt: [0.6, 0.7], toptee: [0.6, 0.7] };

/**
 * Labels all images. Sleeves come from clusters of silhouettes, each named once by eye (`cluster-names.json`, "x" for
 * clusters of several kinds); everything else is measured. Corrections by eye come last.
 */
export function labelImages(images: SourceImage[], folder: string): LabelledImage[] {
  const names: Record<Category, string[]> = JSON.parse(readFileSync(`${folder}/cluster-names.json`, 'utf8'));
  const corrections: Record<string, Attributes> = JSON.parse(readFileSync(`${folder}/corrections.json`, 'utf8'));
  const labelled = categories.flatMap((category) => labelCategory(images, category, names[category]));
  const unknown = Object.keys(corrections).filter((id) => !labelled.some((p) => p.id === id));
  if (unknown.length) throw new Error(`corrections.json: no image is called ${unknown.join(', ')}`);
  const order = new Map(images.map((p, i) => [p.id, i]));
  return labelled
    .sort((a, b) => order.get(a.id)! - order.get(b.id)!)
    .map((p) => ({ ...p, attributes: corrected(p.attributes, corrections[p.id]) }));
}

/** A correction of "x" says that the attribute cannot be told from this image. */
function corrected(attributes: Attributes, correction: Attributes = {}): Attributes {
  return Object.fromEntries(Object.entries({ ...attributes, ...correction }).filter(([, value]) => value !== 'x'));
}

function labelCategory(images: SourceImage[], category: Category, names: string[]): LabelledImage[] {
  const mine = images.filter((p) => p.category === category).map((p) => ({ ...p, measures: measure(p.ink) }));
  const { centres } = clustersOf(mine.filter((p) => p.split === 'train'));
  const withSleeves = mine.map((p) => ({ ...p, sleeves: sleevesOf(p, centres, names) }));
  const fits = fitBounds(withSleeves.filter((p) => p.split === 'train'));
  return withSleeves.map(({ sleeves, ...p }) => {
    const all: Record<string, string | undefined> = {
      tone: toneOf(p.measures),
      pattern: patternOf(p.measures, category),
      sleeves,
      fit: fitOf(p.measures, fits.get(sleeves ?? '')),
      length: lengthOf(p.measures),
      skirt: skirtOf(p.measures),
    };
    const told = attributesOf(category).filter((name) => all[name] !== undefined);
    return { ...p, attributes: Object.fromEntries(told.map((name) => [name, all[name]])) };
  });
}

function sleevesOf(p: SourceImage & { measures: Measures }, centres: Float32Array[], names: string[]) {
  const outline = silhouette(p.ink);
  const distances = centres.map((centre) => distance(outline, centre));
  const best = distances.indexOf(Math.min(...distances));
  const name = names[best];
  if (name === 'x') return undefined;
  const kind = (cluster: string) => (cluster === 'straps' ? 'none' : cluster);
  const other = Math.min(...distances.filter((_, i) => kind(names[i]) !== kind(name) && names[i] !== 'x'));
  const { overhang, shoulders } = p.measures;
  if (name === 'none' && overhang >= 5) return 'short';
  if (name === 'none' && overhang >= 3) return undefined;
  if (name === 'short' && overhang <= 2) return undefined;
  if (other < clusterMargin * distances[best]) return undefined;
  if (name !== 'none' && name !== 'straps') return name;
  const [strap, cloth] = strapBounds[p.category];
  return shoulders < strap ? 'straps' : shoulders > cloth ? 'none' : undefined;
}

function toneOf({ tone }: Measures): string {
  const bounds: [number, string][] = [
    [42, 'black'],
    [82, 'dark'],
    [135, 'grey'],
    [192, 'light'],
  ];
  return bounds.find(([bound]) => tone < bound)?.[1] ?? 'white';
}

function patternOf({ vertical, horizontal, chest, lower, rowContrast }: Measures, category: Category) {
  if (category === 'toptee' && chest > 14 && lower < 9 && chest - lower > 9 && horizontal > 8) return 'graphic';
  // Checks vary in both directions, stripes in one.
  const stripes = category === 'shirt' ? 2.2 : 1.55;
  if (vertical > 10 && vertical / (horizontal + 1) > stripes && rowContrast > 12 && lower > 6) return 'striped';
  if (category === 'toptee') {
    if (vertical < 7 && horizontal < 14 && chest < 7 && rowContrast < 20) return 'plain';
    return vertical > 17 && horizontal > 14 && lower > 14 ? 'print' : undefined;
  }
  if (vertical > 18 && horizontal > 16) return 'print';
  return vertical < 10 && horizontal < 32 && rowContrast < 18 ? 'plain' : undefined;
}

/** The quartiles of the belly width of each kind of sleeves: sleeves that hang down widen the outline. */
function fitBounds(images: { measures: Measures; sleeves?: string }[]): Map<string, [number, number]> {
  const kinds = new Set(images.map((p) => p.sleeves));
  const bounds = new Map<string, [number, number]>();
  for (const kind of kinds) {
    const widths = images.filter((p) => p.sleeves === kind).map((p) => p.measures.bellyWidth);
    widths.sort((a, b) => a - b);
    if (kind) bounds.set(kind, [widths[Math.floor(widths.length / 4)], widths[Math.floor((widths.length * 3) / 4)]]);
  }
  return bounds;
}

function fitOf({ bellyWidth, height }: Measures, bounds?: [number, number]) {
  if (!bounds || height < 25) return undefined;
  return bellyWidth <= bounds[0] ? 'slim' : bellyWidth >= bounds[1] ? 'loose' : 'regular';
}

/** Images are scaled to the same height: the longer a dress, the narrower it appears. */
function lengthOf({ waist, hem, height }: Measures) {
  if (waist < 5 || height < 27) return undefined;
  if (waist <= 7 && hem <= 11) return 'long';
  return waist >= 10 || (waist >= 9 && hem >= 14) ? 'short' : 'knee';
}

function skirtOf({ waist, hem }: Measures) {
  if (waist < 5) return undefined;
  return hem - waist >= 4.5 ? 'flared' : hem - waist <= 1.4 ? 'straight' : 'soft';
}
