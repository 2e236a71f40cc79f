// The colours of the map, out of CSS, as they are now: light or dark.
import { COLOURS } from './strokes.ts';

/** Each colour by its place in COLOURS, as CSS with what it is where the page says nothing. */
const VALUES: Readonly<Record<keyof typeof COLOURS, string>> = {
  background: 'var(--map-background, light-dark(#f6f6f8, #17181c))',
  dot: 'var(--map-dot, light-dark(#8b8f9c, #8d92a3))',
  found: 'var(--map-found, light-dark(#0b66d8, #6db3ff))',
  reference: 'var(--map-reference, light-dark(#b4530a, #ffb454))',
  target: 'var(--map-target, light-dark(#0a7a4b, #4fd69c))',
  arrow: 'var(--map-arrow, light-dark(#24262d, #f2f3f7))',
  text: 'currentColor',
};

/** What `watchTheme` gives. */
export interface Theme {
  /** [colours, 4]: red, green, blue and alpha from 0 to 1, the first three multiplied by the last. */
  readonly colours: Float32Array<ArrayBuffer>;
  readonly font: string;
  dispose(): void;
}

/**
 * Reads the colours that a canvas has, now and whenever the colour scheme may have changed: that of the browser, or an
 * attribute of the page's root, as switches set it.
 * @param changed called after they were read again
 */
export function watchTheme(canvas: HTMLCanvasElement, changed: () => void): Theme {
  // A child has the custom properties of its canvas, is never rendered, and resolves var() and light-dark().
  const probe = document.createElement('span');
  probe.hidden = true;
  canvas.append(probe);
  const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;
  const colours = new Float32Array(4 * Object.keys(COLOURS).length);
  const read = () => {
    for (const [name, at] of Object.entries(COLOURS)) {
      probe.style.color = VALUES[name as keyof typeof COLOURS];
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = getComputedStyle(probe).color;
      pixel.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = [...pixel.getImageData(0, 0, 1, 1).data].map((byte) => byte / 255);
      colours.set([red * alpha, green * alpha, blue * alpha, alpha], 4 * at);
    }
  };
  read();
  const reread = () => {
    read();
    changed();
  };
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', reread);
  const attributes = new MutationObserver(reread);
  attributes.observe(document.documentElement, { attributes: true });
  return {
    colours,
    font: getComputedStyle(canvas).fontFamily,
    dispose() {
      scheme.removeEventListener('change', reread);
      attributes.disconnect();
      probe.remove();
    },
  };
}
