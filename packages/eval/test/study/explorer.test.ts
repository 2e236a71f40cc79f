import { describe, expect, it } from 'vitest';
import { EXTENT, pointsOf, relatedTo } from '../../src/study/explorer/data.ts';
import { HOME, panned, showing, toScreen, type View, zoomed } from '../../src/study/explorer/view.ts';
import { explorerData } from '../../src/study/report/explorer.ts';
import { studyMap } from './maps.ts';

describe('the data of the maps of a page', () => {
  const data = explorerData(studyMap);

  it('names every picture once, and knows where each stands', () => {
    expect(data.pictures).toEqual(['i0', 'i1', 'r0', 'i2']);
    expect(data.images).toEqual([0, 1]);
    expect(data.queries).toEqual([
      { caption: 'is <b>redder</b>', reference: 2, target: 0 },
      { caption: 'has dots', reference: 1, target: 3 },
    ]);
    expect(data.columns).toBe(2);
  });

  it('fits all panels of a layout into one square, upright', () => {
    const { panels } = data.layouts[0];
    const all = panels.flatMap(({ positions }) => positions);
    expect(Math.min(...all)).toBe(0);
    expect(Math.max(...all)).toBe(EXTENT);
    // The first image lies to the left of the second and above it.
    const [x0, y0, x1, y1] = panels[0].positions;
    expect(x0).toBeLessThan(x1);
    expect(y0).toBeLessThan(y1);
    expect(panels[1].expected).toHaveLength(16);
    expect(JSON.stringify(data)).not.toContain('NaN');
    expect(data.moves[1].texts!.apart).toEqual([0.25, null]);
  });

  it('gives every point its kind, its query and its picture', () => {
    const points = pointsOf(data);
    expect(points.map(({ kind }) => kind).join(' ')).toBe('images images texts texts targets targets queries queries');
    expect(points.map(({ picture }) => picture)).toEqual([0, 1, undefined, undefined, 0, 3, 2, 1]);
    expect(relatedTo(points, 1)).toEqual([1]);
    expect(relatedTo(points, 4)).toEqual([2, 4, 6]);
  });
});

describe('a view', () => {
  const size = 300;
  const view: View = { x: 0.4, y: 0.6, zoom: 5 };
  /** What lies under a pixel. */
  const under = (view: View, pixel: number, axis: 'x' | 'y') => {
    const [zero, one] = [toScreen(view, size, 0, axis), toScreen(view, size, 1, axis)];
    return (pixel - zero) / (one - zero);
  };

  it('shows the whole map at first, with a margin', () => {
    expect(toScreen(HOME, size, 0, 'x')).toBeCloseTo(15, 10);
    expect(toScreen(HOME, size, 1, 'y')).toBeCloseTo(285, 10);
  });

  it('zooms around a pixel', () => {
    const nearer = zoomed(view, size, 2, 220, 40);
    expect(nearer.zoom).toBe(10);
    expect(under(nearer, 220, 'x')).toBeCloseTo(under(view, 220, 'x'), 12);
    expect(under(nearer, 40, 'y')).toBeCloseTo(under(view, 40, 'y'), 12);
    expect(zoomed(view, size, 1e-3)).toEqual(HOME);
    expect(zoomed(view, size, 1e9).zoom).toBe(zoomed(view, size, 1e8).zoom);
  });

  it('is panned as a hand moves paper, and not off the map', () => {
    const moved = panned(view, size, 30, -20);
    expect(toScreen(moved, size, 0.5, 'x')).toBeCloseTo(toScreen(view, size, 0.5, 'x') + 30, 10);
    expect(toScreen(moved, size, 0.5, 'y')).toBeCloseTo(toScreen(view, size, 0.5, 'y') - 20, 10);
    expect(panned(view, size, 1e6, -1e6)).toMatchObject({ x: 0, y: 1 });
  });

  it('goes to a place only where it does not show it', () => {
    expect(showing(HOME, 0, 1)).toEqual(HOME);
    expect(showing(view, 0.42, 0.58)).toEqual(view);
    expect(showing(view, 0.9, 0.6)).toEqual({ ...view, x: 0.9 });
  });
});
