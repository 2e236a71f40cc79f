/** What every command gets from the command line's entry. */
export interface CommandContext {
  /** The folder of what ships with webcir. */
  readonly assets: URL;
  /** What the user typed, for reports. */
  readonly command: string;
}
