/** Ends the reading of a file: throws an Error that says which file, and where. */
export type Fail = (problem: string) => never;

/**
 * Declare the result with its type, `const fail: Fail = failIn(name)`: only then does TypeScript know that it never
 * returns.
 */
export const failIn =
  (name: string): Fail =>
  (problem) => {
    throw new Error(`${name}: ${problem}`);
  };
