// Where images and queries lie on the map, and what a lasso goes around.
import { describe, expect, it } from 'vitest';
import { isInside, rowsWithin } from '../src/map/lasso.ts';
import { allInUnits, boxOf, inUnits, placeOfQuery, roomOf, spacingOf, unitsOf } from '../src/map/places.ts';

describe('the place of a query', () => {
  const places = Float32Array.of(0, 0, 4, 0, 9, 9);

  it('is the example of its docstring', () => {
    expect(placeOfQuery([0.3, 0.3, 0.1], places, 2)).toEqual([2, 0]);
  });

  it('weighs neighbours by the softmax of a hundred times their scores', () => {
    const [x, y] = placeOfQuery([0.3, 0.31, 0.1], places, 2);
    expect(x).toBeCloseTo((4 * Math.exp(1)) / (1 + Math.exp(1)), 6);
    expect(y).toBe(0);
  });

  it('is that of the nearest one alone for k = 1, and of all where k is larger than the gallery', () => {
    expect(placeOfQuery([0.1, 0.2, 0.9], places, 1)).toEqual([9, 9]);
    const [x, y] = placeOfQuery([0.5, 0.5, 0.5], places, 50);
    expect(x).toBeCloseTo(13 / 3, 6);
    expect(y).toBeCloseTo(3, 6);
  });

  it('takes scores of any size', () => {
    expect(placeOfQuery([1000, -1000, -1000], places, 3)).toEqual([0, 0]);
  });

  it('is nowhere without an image or a neighbour', () => {
    expect(() => placeOfQuery([], places)).toThrow(new RangeError('the 5 nearest of 0 images: there is none'));
    expect(() => placeOfQuery([1], places, 0)).toThrow(RangeError);
  });
});

describe("the map's units", () => {
  it('put the box of the places around 0, its longer side 1', () => {
    const places = Float32Array.of(10, 10, 30, 10, 20, 20);
    const units = unitsOf(places, ['a', 'b', 'c']);
    expect([...allInUnits(units, places)]).toEqual([-0.5, -0.25, 0.5, -0.25, 0, 0.25]);
    expect(inUnits(units, [20, 15])).toEqual([0, 0]);
  });

  it('take places that are all one', () => {
    const places = Float32Array.of(7, 7, 7, 7);
    expect([...allInUnits(unitsOf(places, ['a', 'b']), places)]).toEqual([0, 0, 0, 0]);
  });

  it('say which place is not finite, and how many are missing', () => {
    expect(() => unitsOf(Float32Array.of(0, 0, 1, NaN), ['a', 'b'])).toThrow('the place of b is not finite: NaN');
    expect(() => unitsOf(Float32Array.of(0, 0), ['a', 'b'])).toThrow('2 ids need 4 coordinates of places, found 2');
  });

  it('have a box for some rows', () => {
    const places = Float32Array.of(0, 0, 1, 2, 5, 9);
    expect(boxOf(places, [1, 0])).toEqual({ left: 0, top: 0, right: 1, bottom: 2 });
    expect(boxOf(places, [])).toEqual({ left: 0, top: 0, right: 0, bottom: 0 });
  });
});

/** A grid of places at a distance from each other, from a corner on. */
const grid = (columns: number, rows: number, distance: number, from = 0) =>
  Array.from({ length: columns * rows }, (_, i) => [
    from + distance * (i % columns),
    from + distance * Math.floor(i / columns),
  ]).flat();

describe('the spacing of places', () => {
  it('is at most that of a square that is filled evenly', () => {
    expect(spacingOf(Float32Array.from(grid(40, 40, 0.5)))).toBeCloseTo((0.5 * 39) / 40, 6);
  });

  it('does not count the space between clusters', () => {
    const clusters = Float32Array.from([...grid(20, 20, 0.1), ...grid(20, 20, 0.1, 100)]);
    expect(spacingOf(clusters)).toBeCloseTo(0.1, 4);
  });

  it('does not count those that lie apart, or on each other', () => {
    const few = Float32Array.from([...grid(20, 20, 0.1), ...grid(6, 6, 5, 10)]);
    expect(spacingOf(few)).toBeCloseTo(0.1, 4);
    expect(spacingOf(Float32Array.from([...grid(1, 950, 0), ...grid(1, 50, 1)]))).toBe(49 / Math.sqrt(1000));
  });

  it('of places that are all one is any number that divides', () => {
    expect(spacingOf(Float32Array.of(3, 3, 3, 3))).toBe(1);
  });
});

describe('the room of a place', () => {
  it('goes to the nearest one before it, on the longer axis', () => {
    const room = roomOf(Float32Array.of(0, 0, 0.3, 0.2, -0.1, 0.05, 50, 50), 2);
    expect([...room].map((value) => value.toFixed(2))).toEqual(['2.00', '0.30', '0.10', '2.00']);
  });

  it('is the same as that of a search through all of them', () => {
    const places = Float32Array.from({ length: 400 }, (_, i) => Math.sin(12.9898 * i) * 3);
    const all = Array.from({ length: 200 }, (_, row) => {
      let least = 0.7;
      for (let other = 0; other < row; other++) {
        const along = (axis: number) => Math.abs(places[2 * row + axis] - places[2 * other + axis]);
        least = Math.min(least, Math.max(along(0), along(1)));
      }
      return Math.fround(least);
    });
    expect([...roomOf(places, 0.7)]).toEqual(all);
  });
});

describe('a lasso', () => {
  const notched = [[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]] as const; // biome-ignore format: corners

  it('holds what is inside of it, not what is in its notch', () => {
    expect(isInside(notched, [1, 1])).toBe(true);
    expect(isInside(notched, [2, 3])).toBe(false);
    expect(isInside(notched, [5, 1])).toBe(false);
    expect(isInside(notched, [2, -1])).toBe(false);
  });

  it('counts a corner at the height of a place once', () => {
    expect(isInside([[0, 2], [2, 0], [4, 2], [2, 4]], [2, 2])).toBe(true); // biome-ignore format: corners
    expect(isInside([[0, 2], [2, 0], [4, 2], [2, 4]], [-1, 2])).toBe(false); // biome-ignore format: corners
  });

  it('holds nothing with fewer corners than a triangle', () => {
    expect(isInside([], [0, 0])).toBe(false);
    expect(isInside([[0, 0], [4, 4]], [1, 2])).toBe(false); // biome-ignore format: corners
  });

  it('gives the rows that it holds', () => {
    expect(rowsWithin(notched, Float32Array.of(9, 9, 1, 1, 2, 3, 3, 1))).toEqual([1, 3]);
  });
});
