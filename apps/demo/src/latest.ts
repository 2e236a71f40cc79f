/**
 * Makes a job that is asked for more often than it can run: one at a time, and once more after all that was asked for
 * meanwhile.
 * @param run takes care of its own errors
 */
export function latest(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isWanted = false;
  const loop = async () => {
    while (isWanted) {
      isWanted = false;
      await run();
    }
    running = undefined;
  };
  return () => {
    isWanted = true;
    running ??= loop();
    return running;
  };
}
