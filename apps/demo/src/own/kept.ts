import { del, get, set } from 'idb-keyval';
import { notice } from '../ui/notices.ts';

/** Reads what this browser keeps for the page; undefined where there is nothing, or nothing can be kept. */
export async function recall<T>(key: string): Promise<T | undefined> {
  try {
    return await get<T>(key);
  } catch {
    return undefined; // a private window may have no storage
  }
}

/** Keeps something for later visits. Where there is no room, says so: it then lasts as long as the page. */
export async function keep(key: string, value: unknown, what: string): Promise<void> {
  try {
    await set(key, value);
  } catch (error) {
    const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
    const why = isFull ? 'This browser has no room left' : 'This browser keeps nothing for this page';
    notice('kept', `${why}: ${what} will be gone when the page is closed or loaded again.`);
  }
}

export const forget = (key: string): Promise<void> => del(key).catch(() => {});
