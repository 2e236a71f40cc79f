/** What a request, and all of them together, may ask for. */
export interface Limits {
  /** Bytes of a request's body, and of an image that is fetched. */
  readonly bodyBytes: number;
  /** Pixels of an image, width times height, by its header: nothing larger is decoded. */
  readonly pixels: number;
  /** Items of a request: inputs to be encoded, images to be stored, ids to be read or deleted. */
  readonly items: number;
  /** Images that one query refers to, and that it is to avoid. */
  readonly references: number;
  /** Images that a search finds. */
  readonly k: number;
  /** Images that a search passes over. */
  readonly offset: number;
  /** Ids of a search's candidates, and of those that it excludes. */
  readonly ids: number;
  /** Characters of a text. */
  readonly text: number;
  /** Characters of an image's metadata, as JSON. */
  readonly metadata: number;
  /** Levels of a JSON body. */
  readonly depth: number;
  /** Requests that are worked on at once; one more is refused (429). */
  readonly requests: number;
  /** Queries, and images, that wait to be encoded; one more is refused (429). */
  readonly waiting: number;
  /** Queries, and images, that are encoded at once. */
  readonly batch: number;
  /** Milliseconds that a batch waits, at most, until it has as many as the one before it and what came meanwhile. */
  readonly linger: number;
}

/** The limits of a service for which no others are named. */
export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 20e6,
  pixels: 2 ** 24,
  items: 128,
  references: 16,
  k: 128,
  offset: 10_000,
  ids: 10_000,
  text: 2_000,
  metadata: 65_536,
  depth: 32,
  requests: 256,
  waiting: 256,
  batch: 32,
  linger: 5,
};
