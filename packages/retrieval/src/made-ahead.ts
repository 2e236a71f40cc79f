/**
 * Makes things of items before they are asked for: of `ahead` items at most. Items are taken one after the other, as
 * they come, and what is made of them comes in their order.
 * @param onFailed called with an item that nothing can be made of, and why; it is left out. Unless given, the first
 *   such error is thrown
 */
export async function* madeAhead<Item, Made>(
  items: Iterable<Item> | AsyncIterable<Item>,
  ahead: number,
  make: (item: Item) => Made | Promise<Made>,
  onFailed?: (item: Item, error: Error) => void,
): AsyncGenerator<Made, void, undefined> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const begun: Promise<{ made: Made } | { item: Item; error: Error } | undefined>[] = [];
  let taken: Promise<unknown> = Promise.resolve();
  const begin = () => {
    const next = taken.then(() => source.next());
    taken = next;
    const made = next.then(async ({ done, value: item }) => {
      if (done) return undefined;
      try {
        return { made: await make(item) };
      } catch (error) {
        if (!onFailed) throw error;
        return { item, error: error as Error };
      }
    });
    made.catch(() => {}); // thrown when its turn comes
    begun.push(made);
  };
  try {
    for (;;) {
      while (begun.length <= ahead) begin();
      const step = await begun.shift();
      if (!step) return;
      if ('made' in step) yield step.made;
      else onFailed?.(step.item, step.error);
    }
  } finally {
    await source.return?.();
  }
}
