import type { Device } from 'webcir';
import type { Picked } from 'webcir/train';
import { rankIn } from './ranking.ts';
import { close, type Session } from './session.ts';
import { messageOf, notice } from './ui/notices.ts';
import type { ShownPick } from './ui/tune-panel.ts';

/** What the visitor has picked, and the search that was tuned on it. */
export class Picks {
  /** What searches when nothing is tuned. */
  readonly #original: Session;
  #tuned: Session | undefined;
  #picks: ShownPick[] = [];
  #progress: number | undefined;
  readonly #onChange: () => void;

  /** @param onChange called when the picks, the progress or the session is another */
  constructor(original: Session, onChange: () => void) {
    this.#original = original;
    this.#onChange = onChange;
  }

  get session(): Session {
    return this.#tuned ?? this.#original;
  }

  /** The device that searches, tuned or not. */
  get device(): Device {
    return this.#original.retriever.device;
  }

  get all(): readonly ShownPick[] {
    return this.#picks;
  }

  get isTuned(): boolean {
    return this.#tuned !== undefined;
  }

  /** From 0 to 1 while it is tuned. */
  get progress(): number | undefined {
    return this.#progress;
  }

  /** Ids that were picked for a query. */
  pickedFor(reference: string, text: string): string[] {
    return this.#picks.filter((pick) => pick.reference === reference && pick.text === text).map(({ target }) => target);
  }

  /** Adds a pick, or takes it back. */
  async toggle(pick: Picked): Promise<void> {
    const isSame = (other: Picked) =>
      other.reference === pick.reference && other.text === pick.text && other.target === pick.target;
    const there = this.#picks.findIndex(isSame);
    if (there >= 0) return this.remove(there);
    const before = await rankOfPick(this.#original, pick);
    const after = this.#tuned && (await rankOfPick(this.#tuned, pick));
    this.#picks = [...this.#picks, { ...pick, before, after }];
    this.#onChange();
  }

  remove(index: number): void {
    this.#picks = this.#picks.toSpliced(index, 1);
    this.#onChange();
  }

  /** Trains on the picks, from the Combiner as it came. */
  async tune(): Promise<void> {
    if (this.#progress !== undefined) return;
    this.#report(0);
    try {
      const { tune } = await import('./tuning.ts'); // training is code that few visitors need
      const tuned = await tune(this.#original, this.#picks, { onStep: (done, total) => this.#report(done / total) });
      await this.#take(tuned);
    } catch (error) {
      notice('tuning', `Tuning stopped: ${messageOf(error)}`);
    } finally {
      this.#report(undefined);
    }
  }

  undo(): Promise<void> {
    return this.#take(undefined);
  }

  /** Searches with another tuned session, or with the original. */
  async #take(tuned: Session | undefined): Promise<void> {
    const former = this.#tuned;
    this.#tuned = tuned;
    const shown: ShownPick[] = [];
    for (const pick of this.#picks) shown.push({ ...pick, after: tuned && (await rankOfPick(tuned, pick)) });
    this.#picks = shown;
    this.#onChange();
    await former?.retriever.dispose();
  }

  /**
   * Goes on after the device was lost: the original opens another one for its next work, and what was tuned follows.
   * @throws DeviceLostError where the browser gives no other device
   */
  async recover(): Promise<void> {
    const { retriever, gallery } = this.#original;
    await retriever.explain(gallery, { image: gallery.ids[0] });
    await this.#tuned?.retriever.rebind(retriever.device);
  }

  /** Frees what searches, tuned or not. */
  async close(): Promise<void> {
    await this.#tuned?.retriever.dispose();
    await close(this.#original);
  }

  #report(progress: number | undefined): void {
    this.#progress = progress;
    this.#onChange();
  }
}

/** The rank of what was picked, with the reference left out. */
async function rankOfPick({ retriever, gallery }: Session, { reference, text, target }: Picked): Promise<number> {
  const { query } = await retriever.explain(gallery, { image: reference, text }, { words: false });
  const own = gallery.rowOf(reference);
  return rankIn(gallery.scores(query), (row) => row !== own, gallery.rowOf(target)!)!;
}
