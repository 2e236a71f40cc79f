export class QueryError extends RangeError {
  readonly faults: ReadonlyMap<number, Error> = new Map();
}
