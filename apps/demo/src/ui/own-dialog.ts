import type { ClipModel } from '@webcir/clip';
import type { App } from '../app.ts';
import { forgetOwnSet, indexOwn, keepOwnSet, type OwnSet, picturesOf } from '../own/folder.ts';
import { openClipAt, openClipFile, weightsAddress } from '../own/models.ts';
import { openWithClip } from '../own/with-clip.ts';
import { type Models, openSession, readModels } from '../session.ts';
import { make } from './elements.ts';
import { messageOf } from './notices.ts';

/** What becomes of files that were chosen. */
type Chosen = (files: readonly File[], signal: AbortSignal) => Promise<void>;

/** Brings the visitor's own pictures, and the visitor's own CLIP. */
export class OwnDialog {
  readonly #app: App;
  readonly #openOwn: () => Promise<void>;
  readonly #dialog: HTMLDialogElement;
  readonly #message = make('p', { role: 'status' });
  readonly #progress = make('progress', { hidden: true, aria: { label: 'How far it is' } });
  readonly #address = make('input', { type: 'search', id: 'clip', placeholder: 'BAAI/BGE-VL-base', spellcheck: false });
  #working: AbortController | undefined;

  /** @param openOwn opens the set that has been kept */
  constructor(app: App, openOwn: () => Promise<void>) {
    this.#app = app;
    this.#openOwn = openOwn;
    const chooser = (label: string, properties: object, chosen: Chosen) => {
      const input = make('input', {
        type: 'file',
        hidden: true,
        ...properties,
        on: {
          change: () => {
            const files = [...(input.files ?? [])];
            input.value = '';
            if (files.length > 0) void this.#work((signal) => chosen(files, signal));
          },
        },
      });
      return [input, make('button', { type: 'button', on: { click: () => input.click() } }, label)];
    };
    const takePictures: Chosen = (files, signal) => this.#index(files, signal);
    this.#dialog = make(
      'dialog',
      { class: 'own-dialog', aria: { labelledby: 'own-title' } },
      make('h2', { id: 'own-title' }, 'Bring your own'),
      make('h3', {}, 'Pictures'),
      make(
        'p',
        { class: 'soft' },
        'They are encoded here, with the models of the set that is open, and stay in this browser. Nothing is sent anywhere.',
      ),
      make(
        'div',
        { class: 'buttons' },
        ...chooser('Choose a folder', { webkitdirectory: true, id: 'own-folder' }, takePictures),
        ...chooser('Choose pictures', { multiple: true, accept: 'image/*', id: 'own-files' }, takePictures),
        make('button', { type: 'button', class: 'quiet', on: { click: () => this.#forget() } }, 'Forget mine'),
      ),
      make('h3', {}, 'A CLIP'),
      make(
        'p',
        { class: 'soft' },
        'It searches the set that is open, which is encoded anew. A Hugging Face repository, or the address of a .safetensors file; it is downloaded once.',
      ),
      make(
        'form',
        {
          on: {
            submit: (event: Event) => {
              event.preventDefault();
              void this.#work((signal) => this.#useAddress(signal));
            },
          },
        },
        make('label', { htmlFor: 'clip' }, 'Repository or address'),
        make(
          'div',
          { class: 'buttons' },
          this.#address,
          make('button', {}, 'Use it'),
          ...chooser('From a file', { accept: '.safetensors', id: 'clip-file' }, async ([file], signal) =>
            this.#useClip(await openClipFile(file), signal),
          ),
        ),
      ),
      this.#progress,
      this.#message,
      make('button', { type: 'button', class: 'quiet', on: { click: () => this.#dialog.close() } }, 'Close'),
    );
    this.#dialog.addEventListener('close', () => this.#working?.abort());
    document.body.append(this.#dialog);
  }

  show(): void {
    this.#say('');
    this.#dialog.showModal();
  }

  /** Opens a set of the visitor's. @param models those that encoded it, unless it says which */
  open(set: OwnSet, models?: Models): Promise<void> {
    const pictures = picturesOf(set);
    const features = { ...set.features, captions: undefined };
    return this.#app.open(pictures, () =>
      openSession(pictures, models ? Promise.resolve(models) : readModels(set.models!), Promise.resolve(features)),
    );
  }

  async #index(files: readonly File[], signal: AbortSignal): Promise<void> {
    const { session } = this.#app;
    if (!session) throw new Error('Wait until the model is loaded.');
    const unreadable: string[] = [];
    const set = await indexOwn(files, session, {
      signal,
      onProgress: (done, total) =>
        this.#report(`Encoding picture ${Math.min(done + 1, total)} of ${total} …`, done / total),
      onUnreadable: (name) => unreadable.push(name),
    });
    await keepOwnSet(set);
    if (set.models === undefined) await this.open(set, session);
    else await this.#openOwn();
    if (unreadable.length === 0) return this.#dialog.close();
    this.#say(`${set.ids.length} pictures are there. ${unreadable.length} could not be read: ${some(unreadable)}.`);
  }

  async #useAddress(signal: AbortSignal): Promise<void> {
    const address = weightsAddress(this.#address.value);
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
    const clip = await openClipAt(
      address,
      ({ loaded, total }) =>
        this.#report(
          `${megabytes(loaded)} of ${total ? megabytes(total) : '?'} MB`,
          total ? loaded / total : undefined,
        ),
      signal,
    );
    await this.#useClip(clip, signal);
  }

  async #useClip(clip: ClipModel, signal: AbortSignal): Promise<void> {
    const { pictures } = this.#app;
    if (!pictures) throw new Error('Open a set of pictures first.');
    const report = (done: number, total: number) =>
      this.#report(`Encoding picture ${done} of ${total} …`, done / total);
    // Before the session at hand is closed: if this fails, the page searches on.
    const session = await openWithClip(pictures, clip, report, signal);
    await this.#app.open(pictures, async () => session);
    this.#dialog.close();
  }

  async #forget(): Promise<void> {
    await forgetOwnSet();
    this.#say('Your pictures are no longer kept.');
  }

  /** Runs one job at a time; closing the dialog ends it. */
  async #work(job: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#working?.abort();
    const working = new AbortController();
    this.#working = working;
    try {
      this.#report('…', undefined);
      await job(working.signal);
    } catch (error) {
      if (!working.signal.aborted) this.#say(messageOf(error));
    } finally {
      if (this.#working === working) this.#progress.hidden = true;
    }
  }

  #report(text: string, share: number | undefined): void {
    this.#say(text);
    this.#progress.hidden = false;
    if (share === undefined) this.#progress.removeAttribute('value');
    else this.#progress.value = share;
  }

  #say(text: string): void {
    this.#message.textContent = text;
  }
}

/** The first few names of many. */
const some = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} others` : '');
