// The camera of the map: what stays where it is, and what it may not leave.
import { describe, expect, it } from 'vitest';
import { between, dragBy, fitTo, keptWithin, toPlace, toScreen, zoomAbout } from '../src/map/view.ts';

const size = { width: 800, height: 600 };
const view = { x: 0.2, y: -0.1, scale: 300 };
const box = { left: -0.5, top: -0.25, right: 0.5, bottom: 0.25 };
const bounds = { box, least: 100, most: 1000 };

describe('a view', () => {
  it('has its place in the middle, and finds the place of a pixel again', () => {
    expect(toScreen(view, size, [0.2, -0.1])).toEqual([400, 300]);
    expect(toScreen(view, size, [1.2, -1.1])).toEqual([700, 0]);
    const [x, y] = toScreen(view, size, toPlace(view, size, [17, 512]));
    expect(x).toBeCloseTo(17, 9);
    expect(y).toBeCloseTo(512, 9);
  });

  it('fits a box with its margin on the side that is tighter', () => {
    const fitted = fitTo(box, size, 50, Infinity);
    expect(fitted).toEqual({ x: 0, y: 0, scale: 700 });
    expect(toScreen(fitted, size, [-0.5, 0])).toEqual([50, 300]);
  });

  it('is no closer to a box without an extent than it may be', () => {
    expect(fitTo({ left: 1, top: 2, right: 1, bottom: 2 }, size, 50, 900)).toEqual({ x: 1, y: 2, scale: 900 });
  });

  it('keeps a part of a canvas that is smaller than the margins', () => {
    expect(fitTo(box, { width: 40, height: 40 }, 50, Infinity).scale).toBeCloseTo(20, 9);
  });

  it('is dragged with what it shows', () => {
    const [x, y] = toScreen(dragBy(view, [30, -40]), size, [0.2, -0.1]);
    expect(x).toBeCloseTo(430, 9);
    expect(y).toBeCloseTo(260, 9);
  });

  it.each([0.5, 2])('zooms by %d about a pixel, whose place stays there', (factor) => {
    const zoomed = zoomAbout(view, size, [100, 50], factor, bounds);
    expect(zoomed.scale).toBe(300 * factor);
    const [x, y] = toScreen(zoomed, size, toPlace(view, size, [100, 50]));
    expect(x).toBeCloseTo(100, 9);
    expect(y).toBeCloseTo(50, 9);
  });

  it('is left as it is by a zoom past its bounds', () => {
    const closest = { ...view, scale: 1000 };
    expect(zoomAbout(closest, size, [100, 50], 2, bounds)).toEqual(closest);
  });

  it('never leaves the box', () => {
    expect(keptWithin({ x: 3, y: -3, scale: 1 }, bounds)).toEqual({ x: 0.5, y: -0.25, scale: 100 });
    expect(keptWithin(view, bounds)).toEqual(view);
  });
});

describe('a view between two', () => {
  const to = zoomAbout(view, size, [100, 50], 3, bounds);

  it('begins with one and ends with the other', () => {
    for (const other of [to, { x: -0.4, y: 0.1, scale: 300 }]) {
      expect(between(view, other, 0)).toEqual(view);
      const end = between(view, other, 1);
      expect(end.x).toBeCloseTo(other.x, 9);
      expect(end.y).toBeCloseTo(other.y, 9);
      expect(end.scale).toBeCloseTo(other.scale, 9);
    }
  });

  it('keeps the place on its pixel about which they zoom', () => {
    for (const share of [0.1, 0.5, 0.9]) {
      const [x, y] = toScreen(between(view, to, share), size, toPlace(view, size, [100, 50]));
      expect(x).toBeCloseTo(100, 6);
      expect(y).toBeCloseTo(50, 6);
    }
  });

  it('changes the scale by equal factors', () => {
    expect(between(view, to, 0.5).scale).toBeCloseTo(300 * Math.sqrt(3), 9);
  });
});
