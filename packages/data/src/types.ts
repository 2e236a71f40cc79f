import type { RawImage } from '@webcir/clip';

/** One query of composed image retrieval and its answer. */
export interface Triplet {
  /** Unique within its split; the `pairid` of CIRR. */
  id: string;
  category: string;
  /** Image id of the reference image. */
  reference: string;
  /** Image id of the target image; absent in test splits whose answers are kept secret. */
  target?: string;
  /** The relative captions: two in FashionIQ and fmnist-cir, one in CIRR, CIRCO and emoji-cir. */
  captions: string[];
  /** What the reference and the target have in common, in a few words (CIRCO's `shared_concept`). */
  sharedConcept?: string;
  /** Every image of the gallery that is a correct answer, the target included, if the set knows them. */
  targets?: string[];
  /** Names of the attributes that the captions change, if the set knows them: `tone`, `sleeves`. */
  changed?: string[];
  /** Six look-alikes with the reference and the target among them (CIRR's `img_set.members`). */
  group?: string[];
}

/** The splits of a data set, by their use. */
export interface SplitUses {
  /** Training split; absent if there is nothing to train on. */
  train?: string;
  /** Split that the best epoch is chosen by. */
  validation: string;
  /** Split whose numbers are quoted: the validation split again if the test answers are secret. */
  test: string;
  /** Split with secret answers: its rankings are sent to the set's evaluation server. */
  submission?: string;
}

/** What training and evaluation read, whatever the layout on disk. */
export interface CirDataset {
  /** `fmnist-cir`, `emoji-cir`, `fashioniq`, `cirr`, `circo` or `folder`. */
  name: string;
  /** `dress`, `shirt`, `toptee`; the single category `all` for CIRR, CIRCO and emoji-cir. */
  categories: readonly string[];
  splits: readonly string[];
  uses: SplitUses;
  /**
   * The queries of a split: of one category, or of all in the order of `categories`.
   * @throws when there is no such split or category
   */
  triplets(split: string, category?: string): readonly Triplet[];
  /**
   * The image ids that a query of this split and category is ranked against; without a category, their union.
   * @throws when there is no such split or category
   */
  gallery(split: string, category?: string): readonly string[];
  /** Decodes an image at its full size. @throws naming the file, when it is missing, empty or damaged */
  image(id: string): Promise<RawImage>;
  /** Path of an image's file; undefined in a set that is held in memory. @throws saying where it was looked for */
  file(id: string): string | undefined;
  /** File and entry or line that a triplet was read from; absent, or undefined, where there is none (`placeOf`). */
  place?(split: string, id: string): string | undefined;
  /** Other files with the same id as the one in use; absent if the set itself says which file it means. */
  otherFiles?(id: string): readonly string[];
  /** Changes when the image does, which puts out of date what was computed from it. @throws as `image` does */
  version(id: string): Promise<string>;
  /** Files beside the images that were taken for none, for people; absent if there are none, or a list names the images. */
  leftOut?: string;
  /** What was left out of the set: results on it are not comparable with published ones. */
  incomplete?: { readonly images: number; readonly triplets: number };
}
