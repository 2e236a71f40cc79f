/** The values of each attribute, in the order in which `less` and `more` count (dark to light, short to long). */
export const attributeValues = {
  tone: ['black', 'dark', 'grey', 'light', 'white'],
  pattern: ['plain', 'graphic', 'print', 'striped'],
  sleeves: ['none', 'straps', 'short', 'mid', 'long'],
  /** Width of a top for its kind of sleeves. */
  fit: ['slim', 'regular', 'loose'],
  /** Length of a dress. */
  length: ['short', 'knee', 'long'],
  /** Width of a dress's hem compared with its waist. */
  skirt: ['straight', 'soft', 'flared'],
} as const;

/** An attribute of the images of the embedded set: tone, pattern, sleeves, … */
export type Attribute = keyof typeof attributeValues;

/** All attributes, in the order in which they are stored. */
export const attributeNames = Object.keys(attributeValues) as Attribute[];

/** Attribute values of an image; an attribute that does not apply or could not be told is left out. */
export type Attributes = Partial<Record<Attribute, string>>;

/** The categories of FashionIQ, and of the embedded set. */
export type FashionCategory = 'dress' | 'shirt' | 'toptee';

/** All categories, in FashionIQ's order. */
export const fashionCategories: readonly FashionCategory[] = ['dress', 'shirt', 'toptee'];

/** The attributes that a category has. */
export function attributesOf(category: FashionCategory): Attribute[] {
  return category === 'dress'
    ? ['tone', 'pattern', 'sleeves', 'length', 'skirt']
    : ['tone', 'pattern', 'sleeves', 'fit'];
}

/**
 * One string per category and attribute vector: images with equal keys are described by the same captions.
 * `undefined` when an attribute of the category is not known.
 */
export function attributeKey(category: FashionCategory, attributes: Attributes): string | undefined {
  const values = attributesOf(category).map((name) => attributes[name]);
  return values.includes(undefined) ? undefined : [category, ...values].join(' ');
}
