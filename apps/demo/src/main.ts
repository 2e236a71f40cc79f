import { NoAdapterError } from 'webcir';
import { App } from './app.ts';
import { recallOwnSet } from './own/folder.ts';
import { openPack, PACKS } from './pack.ts';
import { openSession, readModels } from './session.ts';
import { find } from './ui/elements.ts';
import { listenForFiles } from './ui/files.ts';
import { messageOf, notice, withdraw } from './ui/notices.ts';
import { OwnDialog } from './ui/own-dialog.ts';
import { showSets } from './ui/sets.ts';

const TITLES: Readonly<Record<string, string>> = { 'emoji-cir': 'Emoji', 'fmnist-cir': 'Clothes', own: 'Yours' };

const app = new App((name) => open(name));
const own = new OwnDialog(app, () => open('own'));
listenForFiles(document.body, (file) => app.take(file));
await open(app.state.set);
await stayOffline();

/** Opens a set; the first one for a name that is none. */
async function open(wanted: string): Promise<void> {
  const set = await recallOwnSet();
  const names = [...PACKS, ...(set ? ['own'] : [])];
  const name = names.includes(wanted) ? wanted : names[0];
  const sets = names.map((each) => ({ name: each, title: TITLES[each] }));
  showSets(
    sets,
    name,
    (chosen) => open(chosen),
    () => own.show(),
  );
  withdraw('open');
  try {
    if (name === 'own') await own.open(set!);
    else {
      const pack = await openPack(name);
      await app.open(pack.pictures, () => openSession(pack.pictures, readModels(name), pack.features()));
    }
  } catch (error) {
    const why =
      error instanceof NoAdapterError
        ? 'This browser does not offer WebGPU here: the pictures can be looked at, but not searched. Chrome, Edge and Safari 26 have it.'
        : messageOf(error);
    notice('open', why, { label: 'Try again', run: () => open(name) });
    find('#status').textContent = '';
  }
}

/** Keeps the page and the set that is open for visits without a network. */
async function stayOffline(): Promise<void> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  try {
    await navigator.serviceWorker.register('offline.js');
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage({ loaded: performance.getEntriesByType('resource').map(({ name }) => name) });
  } catch {
    // A private window may allow none: the page then needs the network at its next load.
  }
}
