import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgressLine } from '../src/progress.ts';

/** What a line writes in a minute of an update every 50 ms. */
function minute(isTTY: boolean): string[] {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const line = new ProgressLine('work', stream);
  for (let i = 0; i < 1200; i++) {
    line.update(i / 1200, `${i} of 1200`);
    vi.advanceTimersByTime(50);
  }
  line.finish('1200');
  return written;
}

describe('a progress line', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('is a new line every few seconds in a log', () => {
    const written = minute(false);
    expect(written).toHaveLength(13);
    expect(written[0]).toBe('work   0%  0 of 1200\n');
    expect(written[1]).toBe('work   8%  100 of 1200\n');
    expect(written[12]).toMatch(/work {2}1200 .*1 min 00 s.*\n$/);
  });

  it('is one line on a terminal, ten times a second', () => {
    const written = minute(true);
    expect(written).toHaveLength(601);
    expect(written[1]).toBe('\r\x1b[Kwork   0%  2 of 1200');
    expect(written.slice(0, -1).some((text) => text.includes('\n'))).toBe(false);
  });
});
