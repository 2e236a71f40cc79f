// What the map draws, as numbers: sizes, order and marks; and the same in words.
import { describe, expect, it } from 'vitest';
import { describeImage, describeShown } from '../src/map/describe.ts';
import { INSTANCE, type Instances, MARKS, Scene } from '../src/map/scene.ts';
import { arrowStrokes, STROKE } from '../src/map/strokes.ts';

const size = { width: 800, height: 800 };
const side = 20;
const ids = Array.from({ length: side * side }, (_, i) => `image ${i}`);
const places = Float32Array.from(ids.flatMap((_, i) => [i % side, Math.floor(i / side)]));
/** Views over a grid whose neighbours are `pixels` apart. */
const view = (pixels: number) => ({ x: 0, y: 0, scale: pixels * (side - 1) });
const make = () => new Scene(ids, places, 64);

function drawn({ data, all }: Instances) {
  return Array.from({ length: all }, (_, i) => {
    const [x, y, diameter, share, row, marks, rank, fading] = data.subarray(INSTANCE * i, INSTANCE * (i + 1));
    return { x, y, diameter, share, row, marks, rank, fading };
  });
}

describe('an image', () => {
  it('is a dot from afar, a picture nearby, and grows all the way', () => {
    const scene = make();
    const at = (pixels: number) => drawn(scene.draw(view(pixels), size)).find(({ row }) => row === 210)!;
    expect(at(8).share).toBe(0);
    expect(at(8).diameter).toBeLessThan(6);
    expect(at(60).share).toBe(1);
    const diameters = Array.from({ length: 60 }, (_, i) => at(5 + i).diameter);
    for (let i = 1; i < diameters.length; i++) expect(diameters[i]).toBeGreaterThanOrEqual(diameters[i - 1]);
    expect(diameters.at(-1)).toBeGreaterThan(40);
  });

  it('is not drawn where it is out of sight', () => {
    const scene = make();
    expect(drawn(scene.draw(view(8), size))).toHaveLength(400);
    const near = drawn(scene.draw(view(80), size));
    expect(near.length).toBeLessThan(200);
    expect(near.length).toBeGreaterThan(90);
  });

  it('is a dot as long as one before it has the place', () => {
    const scene = new Scene(
      ids,
      Float32Array.from(places, (value, i) => (i < 4 ? 0.02 * (i >> 1) : value)),
      64,
    );
    const [first, second] = [0, 1].map((row) => drawn(scene.draw(view(80), size)).find((image) => image.row === row));
    // The corner of the grid is out of sight at this scale, so look there.
    expect(first).toBeUndefined();
    expect(second).toBeUndefined();
    const corner = { x: -0.5, y: -0.5, scale: view(80).scale };
    const [upper, lower] = [0, 1].map((row) => drawn(scene.draw(corner, size)).find((image) => image.row === row)!);
    expect(upper.share).toBe(1);
    expect(lower.share).toBe(0);
  });
});

describe('what was found', () => {
  const shown = { reference: ids[0], target: ids[399], found: [ids[210], ids[213], ids[44]] };

  it('is a picture where all others are dots, the best one the largest, with its rank', () => {
    const scene = make();
    scene.setShown(shown);
    scene.moveShown(1);
    const images = drawn(scene.draw(view(8), size));
    const pictures = images.filter(({ share }) => share > 0);
    expect(pictures.map(({ row, rank }) => [row, rank])).toEqual([
      [44, 3],
      [213, 2],
      [210, 1],
      [399, 0],
      [0, 0],
    ]);
    const [third, second, best] = pictures.map(({ diameter }) => diameter);
    expect(best).toBeGreaterThan(second);
    expect(third).toBeGreaterThan(20);
    // The second is near the best one, and leaves it its room.
    expect(second).toBeLessThan(third);
    expect(images.filter(({ fading }) => fading > 0)).toHaveLength(395);
  });

  it('stands out step by step', () => {
    const scene = make();
    scene.setShown(shown);
    scene.moveShown(0.5);
    const half = drawn(scene.draw(view(8), size)).find(({ row }) => row === 210)!;
    scene.moveShown(1);
    const whole = drawn(scene.draw(view(8), size)).find(({ row }) => row === 210)!;
    expect(half.diameter).toBeGreaterThan(4);
    expect(half.diameter).toBeLessThan(whole.diameter);
  });

  it('has marks; reference and target lie above the arrow', () => {
    const scene = make();
    scene.setShown({ ...shown, target: ids[210], selected: new Set([ids[7]]), dimmed: new Set([ids[8]]) });
    scene.moveShown(1);
    const instances = scene.draw(view(8), size);
    const images = drawn(instances);
    expect(images.slice(instances.below).map(({ row }) => row)).toEqual([210, 0]);
    const marksOf = (row: number) => images.find((image) => image.row === row)!.marks;
    expect(marksOf(210)).toBe(MARKS.found | MARKS.target);
    expect(marksOf(0)).toBe(MARKS.reference);
    expect(marksOf(7)).toBe(MARKS.selected);
    expect(marksOf(8)).toBe(0);
    expect(images[0].row).toBe(8); // what was not searched lies below
    expect(images[0].fading).toBeCloseTo(0.85, 6);
  });

  it('must be on the map', () => {
    expect(() => make().setShown({ found: ['other'] })).toThrow(new RangeError('the map has no image other'));
  });
});

describe('a pointer', () => {
  it('hits what is drawn on top, or the nearest dot within reach, or nothing', () => {
    const scene = make();
    scene.draw(view(20), size);
    expect(scene.rowAt([400 + 10, 400 + 10])).toBe(210);
    scene.draw({ ...view(20), scale: 60 }, size); // dots, 3 pixels apart
    expect(scene.rowAt([400 + 30 + 4, 400 + 30])).toBe(399);
    expect(scene.rowAt([400 + 30 + 20, 400 + 30])).toBeUndefined();
  });

  it('makes a dot a picture, on top of all', () => {
    const scene = make();
    scene.current = 210;
    const images = drawn(scene.draw(view(8), size));
    expect(images.at(-1)).toMatchObject({ row: 210, share: 1, marks: MARKS.current });
    expect(images).toHaveLength(400);
  });
});

describe('other places', () => {
  it('are moved to, and forget where the query lay', () => {
    const scene = make();
    scene.setShown({ found: [], query: [3, 3] });
    scene.setPlaces(Float32Array.from(places).reverse());
    expect(scene.shown.query).toBeUndefined();
    expect(scene.placeOf(0)).toEqual([-0.5, -0.5]);
    scene.movePlaces(0.5);
    expect(scene.placeOf(0)).toEqual([0, 0]);
    scene.movePlaces(1);
    expect(scene.placeOf(0)).toEqual([0.5, 0.5]);
  });
});

describe('the arrow', () => {
  const strokesOf = (shown: object) => {
    const scene = make();
    scene.setShown({ found: [], ...shown });
    scene.moveShown(1);
    scene.draw(view(30), size);
    const data = arrowStrokes(scene, view(30), size);
    return Array.from({ length: data.length / STROKE }, (_, i) => [...data.subarray(STROKE * i, STROKE * (i + 1))]);
  };

  it('goes from the reference by the query to the target', () => {
    const strokes = strokesOf({ reference: ids[0], query: [10, 10], target: ids[399] });
    const fromCorner = (corner: number) =>
      Math.min(...strokes.flatMap(([ax, ay, bx, by]) => [[ax, ay], [bx, by]]).map(([x, y]) => Math.hypot(x - corner, y - corner))); // biome-ignore format: pairs
    // The reference is at 115 and the target at 685 pixels, on both axes; the line leaves them room.
    for (const corner of [115, 685]) {
      expect(fromCorner(corner)).toBeGreaterThan(28);
      expect(fromCorner(corner)).toBeLessThan(60);
    }
    expect(strokes.some(([, , , , , , dash]) => dash > 0)).toBe(true);
  });

  it('leaves out what there is not', () => {
    expect(strokesOf({})).toEqual([]);
    expect(strokesOf({ reference: ids[0] })).toEqual([]);
    expect(strokesOf({ query: [10, 10] })).toHaveLength(3); // the query's diamond: rim, body and hollow
    const direct = strokesOf({ reference: ids[0], target: ids[399] });
    expect(direct.length).toBeGreaterThan(20);
    expect(direct.some(([, , , , , , dash]) => dash !== 0)).toBe(false);
  });

  it('leaves out a line between neighbours that leave no room for it', () => {
    expect(strokesOf({ reference: ids[0], target: ids[1] })).toEqual([]);
  });
});

describe('the map in words', () => {
  const labelOf = (id: string) => id.toUpperCase();

  it('names reference, target with its rank, and the best ten', () => {
    const found = ids.slice(0, 12);
    const text = describeShown({ reference: ids[20], target: ids[2], found }, 400, labelOf);
    expect(text).toBe(
      '400 images. Reference: IMAGE 20. Target: IMAGE 2, rank 3. Found, best first: IMAGE 0, IMAGE 1, IMAGE 2, ' +
        'IMAGE 3, IMAGE 4, IMAGE 5, IMAGE 6, IMAGE 7, IMAGE 8, IMAGE 9, and 2 more.',
    );
    expect(describeShown({ target: ids[50], found }, 400, labelOf)).toContain('IMAGE 50, not among what was found.');
    expect(describeShown({ found: [] }, 1, labelOf)).toBe('1 image.');
  });

  it('says what an image is', () => {
    const shown = { reference: 'a', target: 'b', found: ['c', 'b'] };
    expect(describeImage('a', shown, labelOf)).toBe('A, the reference');
    expect(describeImage('b', shown, labelOf)).toBe('B, rank 2 of 2, the target');
  });
});
