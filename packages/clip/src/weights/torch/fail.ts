/** Ends the reading of a file: throws an Error that says which file, and where. */
export type Fail = (problem: string) => never;

/**
 * To be declared with its type, `const fail: Fail = failIn(name)`: only then TypeScript knows that it does not return.
 */
export const failIn =
  (name: string): Fail =>
  (problem) => {
    throw new Error(`${name}: ${problem}`);
  };
