/** The folder that `webcir index` makes, and `webcir serve` takes, where none is named. */
export const DEFAULT_STORE = 'webcir-store';
