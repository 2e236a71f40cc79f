// Frames when something changed, and animations while they last: nothing runs at rest.

/** What `frames` gives. */
export interface Frames {
  /** Has the next frame drawn; asked for several times, one is. */
  request(): void;
  /**
   * Calls `step` in each frame with a share from 0 to 1, eased; one of the same name is given up. An animation of no
   * length, and every one where less motion is preferred, takes its last step in the next frame.
   */
  animate(name: string, milliseconds: number, step: (share: number) => void): void;
  /** Gives an animation up where it is. */
  stop(name: string): void;
  dispose(): void;
}

/** @param draw draws a frame */
export function frames(draw: () => void): Frames {
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const running = new Map<string, { start?: number; milliseconds: number; step(share: number): void }>();
  let requested: number | undefined;
  const frame = (now: number) => {
    requested = undefined;
    for (const [name, animation] of running) {
      animation.start ??= now;
      const isOver = calm.matches || now >= animation.start + animation.milliseconds;
      if (isOver) running.delete(name);
      animation.step(isOver ? 1 : eased((now - animation.start) / animation.milliseconds));
    }
    draw();
    if (running.size > 0) request();
  };
  const request = () => {
    requested ??= requestAnimationFrame(frame);
  };
  return {
    request,
    animate(name, milliseconds, step) {
      running.set(name, { milliseconds, step });
      request();
    },
    stop: (name) => void running.delete(name),
    dispose() {
      if (requested !== undefined) cancelAnimationFrame(requested);
      running.clear();
    },
  };
}

/** Fast at first, slow at the end: a cubic. */
const eased = (share: number) => 1 - (1 - share) ** 3;
