/**
 * What belongs to a key: made when it is first asked for, and again only where that failed. The next call may find
 * memory, or the network.
 */
export function remember<Key, Made>(made: Map<Key, Promise<Made>>, key: Key, make: () => Promise<Made>): Promise<Made> {
  const known = made.get(key);
  if (known) return known;
  const making = make();
  made.set(key, making);
  making.catch(() => made.delete(key));
  return making;
}
