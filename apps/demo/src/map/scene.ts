// What is drawn: each image's place, size and marks, in the order in which they lie on each other. No GPU in here, so
// that what a pointer hits is computed from what is drawn.
import { allInUnits, boxOf, mixInto, roomOf, spacingOf, type ToUnits, unitsOf } from './places.ts';
import { type Box, clamp, mix, type Point, type Size, type View } from './view.ts';

/** What a map shows of a search. */
export interface Shown {
  readonly reference?: string;
  /** Where the query lies, in the units of the places: see `placeOfQuery`. */
  readonly query?: Point;
  readonly target?: string;
  /** The ids of what was found, best first. */
  readonly found: readonly string[];
  /** The ids of what was not searched. */
  readonly dimmed?: ReadonlySet<string>;
  readonly selected?: ReadonlySet<string>;
}

/** Bits of an instance's marks, as map.wgsl reads them. */
export const MARKS = { found: 1, selected: 2, reference: 4, target: 8, current: 16 };

/** Floats of an instance: x, y, diameter, share of picture; row, marks, rank, how far it fades. */
export const INSTANCE = 8;

/** Instances as the renderer takes them. */
export interface Instances {
  /** [all, INSTANCE], those on top last. */
  readonly data: Float32Array<ArrayBuffer>;
  /** How many lie below the arrow. */
  readonly below: number;
  readonly all: number;
}

/** From a dot of this size on, in CSS pixels, it turns into the picture, and up to that it has. */
const [DOT_UP_TO, PICTURE_FROM] = [11, 20];

/** How many pixels further than what is drawn a pointer may be: dots are small. */
const REACH = 6;

/** How many of what was found stand out; all are marked. */
const PROMINENT = 100;

/** The least size of a reference and a target, in CSS pixels. */
const LEAST = 28;

export class Scene {
  readonly #ids: readonly string[];
  readonly #rows: ReadonlyMap<string, number>;
  /** The largest that a picture gets by zooming, in CSS pixels. */
  readonly #largest: number;
  /** What was drawn last. */
  #drawn: Instances;
  /** Diameters at the last drawing, in CSS pixels, and how large pictures were if there were only pictures: [ids]. */
  readonly #diameters: Float32Array;
  readonly #pictures: Float32Array;
  /** Each image's place, how far it stands out and how far it fades, from 0 to 1: now, and before and after a move. */
  #places: Animated;
  /** As `roomOf` gives it. */
  #room: Animated;
  #prominence: Animated;
  #fading: Animated;
  #spacing: { from: number; to: number; now: number };
  #marks: Uint8Array;
  #ranks: Uint16Array;
  /** Rows from the lowest to the one on top. */
  #order: number[];
  /** How many rows of the order lie below the arrow. */
  #below: number;
  units: ToUnits;
  shown: Shown = { found: [] };
  /** The row under the pointer, or where the keyboard is. */
  current: number | undefined;

  /** @param tile pixels of a picture's side */
  constructor(ids: readonly string[], places: Float32Array, tile: number) {
    this.#ids = ids;
    this.#rows = new Map(ids.map((id, row) => [id, row]));
    this.#largest = clamp(1.6 * tile, 64, 144);
    this.#drawn = { data: new Float32Array(INSTANCE * (ids.length + 1)), below: 0, all: 0 };
    this.#diameters = new Float32Array(ids.length);
    this.#pictures = new Float32Array(ids.length);
    this.units = unitsOf(places, ids);
    this.#places = still(allInUnits(this.units, places));
    this.#prominence = still(new Float32Array(ids.length));
    this.#fading = still(new Float32Array(ids.length));
    const spacing = spacingOf(this.#places.now);
    this.#spacing = { from: spacing, to: spacing, now: spacing };
    this.#room = still(roomOf(this.#places.now, 2 * spacing));
    this.#marks = new Uint8Array(ids.length);
    this.#ranks = new Uint16Array(ids.length);
    this.#order = ids.map((_, row) => ids.length - 1 - row);
    this.#below = ids.length;
  }

  get box(): Box {
    return boxOf(this.#places.to);
  }

  /** The scale at which pictures are as large as they get. */
  get closest(): number {
    return this.#largest / this.#spacing.to;
  }

  rowOf(id: string): number | undefined {
    return this.#rows.get(id);
  }

  /** Where an image is, in the map's units. */
  placeOf(row: number): Point {
    return [this.#places.now[2 * row], this.#places.now[2 * row + 1]];
  }

  /** All images' places where they come to rest: [ids, 2]. */
  get places(): Float32Array {
    return this.#places.to;
  }

  /**
   * Starts a move to other places. What lay between the old ones, the query, has no place among them.
   * @throws RangeError as `unitsOf`
   */
  setPlaces(places: Float32Array): void {
    const units = unitsOf(places, this.#ids);
    this.units = units;
    this.#places = towards(this.#places, allInUnits(units, places));
    this.#spacing = { ...this.#spacing, from: this.#spacing.now, to: spacingOf(this.#places.to) };
    this.#room = towards(this.#room, roomOf(this.#places.to, 2 * this.#spacing.to));
    this.shown = { ...this.shown, query: undefined };
  }

  /** Goes on with the move. @param share 0 at its start, 1 at its end */
  movePlaces(share: number): void {
    mixInto(this.#places.now, this.#places.from, this.#places.to, share);
    mixInto(this.#room.now, this.#room.from, this.#room.to, share);
    this.#spacing.now = mix(this.#spacing.from, this.#spacing.to, share);
  }

  /** @throws RangeError for an id that the map does not have */
  setShown(shown: Shown): void {
    const { reference, target, found, dimmed = new Set<string>(), selected = new Set<string>() } = shown;
    const named = [reference, target].filter((id) => id !== undefined);
    for (const id of [...named, ...found, ...dimmed, ...selected])
      if (!this.#rows.has(id)) throw new RangeError(`the map has no image ${id}`);
    const rowsOf = (ids: Iterable<string>) => Array.from(ids, (id) => this.#rows.get(id)!);
    const [prominence, fading] = [new Float32Array(this.#ids.length), new Float32Array(this.#ids.length)];
    this.#marks.fill(0);
    this.#ranks.fill(0);
    // Beside what was found, everything else steps back.
    if (found.length > 0) fading.fill(0.4);
    for (const row of rowsOf(dimmed)) fading[row] = 0.85;
    for (const [i, row] of rowsOf(found).entries()) {
      if (i < PROMINENT) prominence[row] = 0.5 + 0.5 * 0.85 ** i;
      fading[row] = 0;
      this.#marks[row] |= MARKS.found;
      this.#ranks[row] = i + 1;
    }
    const mark = (ids: Iterable<string>, bit: number, least: number) => {
      for (const row of rowsOf(ids)) {
        prominence[row] = Math.max(prominence[row], least);
        fading[row] = 0;
        this.#marks[row] |= bit;
      }
    };
    mark(selected, MARKS.selected, 0);
    mark(target === undefined ? [] : [target], MARKS.target, 1.05);
    mark(reference === undefined ? [] : [reference], MARKS.reference, 1.1);
    this.#prominence = towards(this.#prominence, prominence);
    this.#fading = towards(this.#fading, fading);

    const level = (row: number) =>
      this.#marks[row] & (MARKS.reference | MARKS.target) ? 4 : this.#ranks[row] > 0 ? 3 : 1 - fading[row];
    this.#order.sort((a, b) => level(a) - level(b) || this.#ranks[b] - this.#ranks[a] || b - a);
    this.#below = this.#ids.length - new Set(named).size;
    this.shown = shown;
  }

  /** Goes on to what is shown now. @param share 0 at the start, 1 at the end */
  moveShown(share: number): void {
    mixInto(this.#prominence.now, this.#prominence.from, this.#prominence.to, share);
    mixInto(this.#fading.now, this.#fading.from, this.#fading.to, share);
  }

  /** An image's diameter in CSS pixels, as it was drawn last. */
  diameter(row: number): number {
    return this.#diameters[row];
  }

  /** The row of the image that was drawn on top at a pixel of the canvas, else of the nearest one within reach. */
  rowAt([x, y]: Point): number | undefined {
    const { data, all } = this.#drawn;
    let nearest: number | undefined;
    let least = REACH ** 2;
    const beyond = (distance: number, half: number) => Math.max(Math.abs(distance) - half, 0);
    for (let at = INSTANCE * (all - 1); at >= 0; at -= INSTANCE) {
      const half = data[at + 2] / 2;
      const outside = beyond(x - data[at], half) ** 2 + beyond(y - data[at + 1], half) ** 2;
      if (outside === 0) return data[at + 4];
      if (outside < least) [nearest, least] = [data[at + 4], outside];
    }
    return nearest;
  }

  /**
   * All that can be seen of the images. The array is used again by the next call.
   * @param lassoed the rows in a lasso: all others fade
   */
  draw(view: View, size: Size, lassoed?: ReadonlySet<number>): Instances {
    this.#measure(view, size);
    const { data } = this.#drawn;
    const places = this.#places.now;
    let all = 0;
    let below = 0;
    // Ten thousand times a frame: nothing is allocated here.
    const write = (row: number, bits: number) => {
      const x = size.width / 2 + (places[2 * row] - view.x) * view.scale; // as toScreen
      const y = size.height / 2 + (places[2 * row + 1] - view.y) * view.scale;
      const diameter = this.#diameters[row];
      const margin = diameter / 2 + 12; // of its outlines
      if (x < -margin || y < -margin || x > size.width + margin || y > size.height + margin) return;
      const at = INSTANCE * all++;
      data[at] = x;
      data[at + 1] = y;
      data[at + 2] = diameter;
      data[at + 3] = shareOfPicture(this.#pictures[row]);
      data[at + 4] = row;
      data[at + 5] = this.#marks[row] | bits;
      data[at + 6] = this.#ranks[row];
      data[at + 7] = lassoed && !lassoed.has(row) ? 0.7 : this.#fading.now[row];
    };
    for (let i = 0; i < this.#order.length; i++) {
      if (this.#order[i] !== this.current) write(this.#order[i], 0);
      if (i < this.#below) below = all;
    }
    if (this.current !== undefined) write(this.current, MARKS.current);
    this.#drawn = { data, below, all };
    return this.#drawn;
  }

  /**
   * How large everything is. Pictures grow with the distance between neighbours, and those that stand out are large at
   * any distance. Each leaves room to those before it, which may cover a third of it, and is a dot where there is less.
   */
  #measure({ scale }: View, { width, height }: Size): void {
    const spacing = this.#spacing.now * scale;
    const dot = clamp(0.6 * spacing, 4.5, 9);
    const picture = Math.min(spacing, this.#largest);
    const large = clamp(0.09 * Math.min(width, height), 30, 52);
    const prominence = this.#prominence.now;
    const room = this.#room.now;
    const prominent: number[] = [];
    for (let row = 0; row < this.#ids.length; row++) {
      this.#pictures[row] = Math.min(picture, 3 * room[row] * scale - picture);
      if (prominence[row] > 0) prominent.push(row);
    }
    const before: number[] = [];
    for (const row of prominent.sort((a, b) => prominence[b] - prominence[a])) {
      const [x, y] = this.placeOf(row);
      let wanted = Math.max(picture * (1 + 0.3 * prominence[row]), large * prominence[row]);
      for (const other of before) {
        const [ox, oy] = this.placeOf(other);
        const distance = Math.max(Math.abs(ox - x), Math.abs(oy - y)) * scale;
        wanted = Math.min(wanted, 3 * distance - this.#pictures[other]);
      }
      this.#pictures[row] = Math.max(wanted, prominence[row] > 1 ? LEAST : dot);
      before.push(row);
    }
    if (this.current !== undefined)
      this.#pictures[this.current] = Math.max(this.#pictures[this.current], large, picture);
    for (let row = 0; row < this.#ids.length; row++) {
      const wanted = this.#pictures[row];
      this.#diameters[row] = wanted < dot ? dot : mix(dot, wanted, shareOfPicture(wanted));
    }
  }
}

/** 0 for a dot, 1 for a picture; between, as WGSL's smoothstep. */
function shareOfPicture(picture: number): number {
  const share = clamp((picture - DOT_UP_TO) / (PICTURE_FROM - DOT_UP_TO), 0, 1);
  return share * share * (3 - 2 * share);
}

/** Values now, and those between which they are. */
interface Animated {
  readonly from: Float32Array;
  readonly to: Float32Array;
  readonly now: Float32Array;
}

const still = (values: Float32Array): Animated => ({ from: values, to: values, now: values.slice() });
const towards = ({ now }: Animated, to: Float32Array): Animated => ({ from: now.slice(), to, now });
