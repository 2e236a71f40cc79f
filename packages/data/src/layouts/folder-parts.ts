import { withoutExtension } from '@webcir/clip/node';
import type { Part } from '../parts.ts';
import type { Triplet } from '../types.ts';
import { checkUnique } from './files.ts';
import { type FolderImage, plainName } from './folder-gallery.ts';
import type { Row, TripletRow } from './folder-rows.ts';

/** Split and category of triplets whose file names none; every image belongs to them. */
const all = 'all';

/**
 * The queries and galleries of your own folder.
 * @param source what lists the images, for errors
 * @throws naming the file, the line and the field at fault
 */
export function folderParts(rows: readonly Row<TripletRow>[], images: readonly FolderImage[], source: string): Part[] {
  const hasSplits = checkAllOrNone(rows, 'split');
  const hasCategories = checkAllOrNone(rows, 'category');
  const queries = rows.map(({ place, value }, i): Query => {
    const { split = all, category = all } = value;
    return { place, row: value, split, category, id: value.id ?? `${category}-${split}-${i}` };
  });
  const categories = [...new Set(queries.map(({ category }) => category))];
  return [...new Set(queries.map(({ split }) => split))].flatMap((split) => {
    const own = queries.filter((query) => query.split === split);
    const ids = own.map(({ id }) => id);
    checkUnique(ids, (i) => own[i].place, 'id');
    return categories.map((category) => {
      const shown = images.filter(
        (image) =>
          fits(image.split, hasSplits ? split : undefined) &&
          fits(image.category, hasCategories ? category : undefined),
      );
      const find = finder(shown, hasSplits || hasCategories ? `${source} for ${split}, ${category}` : source);
      const asked = own.filter((query) => query.category === category);
      const triplets = asked.map((query) => toTriplet(query, find));
      return { split, category, gallery: shown.map(({ id }) => id), triplets, placeOf: (index) => asked[index].place };
    });
  });
}

interface Query {
  readonly place: string;
  readonly row: TripletRow;
  readonly split: string;
  readonly category: string;
  readonly id: string;
}

/** The id of the image that a field of a query names. */
type Find = (query: Query, field: string, name: string) => string;

function finder(images: readonly FolderImage[], source: string): Find {
  const ids = new Map<string, string>();
  for (const { id } of images) ids.set(id, id);
  for (const { id, name } of images) ids.set(name, id);
  return ({ place }, field, name) => {
    const wanted = plainName(name);
    const id = ids.get(wanted);
    if (id !== undefined) return id;
    const alike = images.map((image) => image.name).filter((other) => withoutExtension(other) === wanted);
    const expected = alike.length > 0 ? `one of ${alike.join(' and ')}` : `an image of ${source}`;
    throw new Error(`${place}: "${field}" is "${name}"; expected ${expected}`);
  };
}

function toTriplet(query: Query, find: Find): Triplet {
  const { id, category, row } = query;
  const reference = find(query, 'reference', row.reference);
  const target = find(query, 'target', row.target);
  const list = (field: 'targets' | 'group', members: readonly string[]) => {
    const found = row[field]?.map((name) => find(query, field, name));
    const lacking = found && members.find((member) => !found.includes(member));
    if (lacking !== undefined)
      throw new Error(`${query.place}: "${field}" lacks "${lacking}"; expected it in the list`);
    return found && { [field]: found };
  };
  const lists = { ...list('targets', [target]), ...list('group', [reference, target]) };
  return { id, category, reference, target, captions: row.captions, ...lists };
}

const fits = (own: string | undefined, wanted: string | undefined): boolean =>
  own === undefined || wanted === undefined || own === wanted;

/**
 * Refuses mixed lines: one without a split among lines that have one would be in no split.
 * @returns whether the lines have one
 */
function checkAllOrNone(rows: readonly Row<TripletRow>[], field: 'split' | 'category'): boolean {
  const has = rows.find(({ value }) => value[field] !== undefined);
  const lacks = rows.find(({ value }) => value[field] === undefined);
  if (has && lacks)
    throw new Error(`${lacks.place}: "${field}" is missing; ${has.place} has one, so expected it in all`);
  return has !== undefined;
}
