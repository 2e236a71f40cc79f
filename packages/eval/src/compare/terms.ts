/** What numbers have to have in common to compare. */
export interface Terms {
  readonly split: string;
  /** The name of a protocol, or `unknown`. */
  readonly protocol: string;
  /** On CIRCO: what the model read for a query. */
  readonly queryText?: string;
}

/** @throws RangeError for `all`, which other commands know: no table mixes protocols */
export function expectOne(protocol: string | undefined): void {
  if (protocol !== 'all') return;
  throw new RangeError(
    '--protocol all: numbers of different protocols do not compare, and no table mixes them. Without --protocol, the ' +
      'published rows of each get a table of their own',
  );
}
