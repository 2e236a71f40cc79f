import type { DispatchTime } from '@webcir/kernels';

/**
 * Dispatches as a trace in Chrome's format, for chrome://tracing or Perfetto: end to end, as the device runs them one
 * after the other; the pauses between them are not known.
 */
export function chromeTrace(name: string, dispatches: readonly DispatchTime[]): object {
  let start = 0;
  const traceEvents = dispatches.map(({ op, kernel, workgroups, milliseconds }, index) => {
    const event = {
      name: kernel,
      cat: op,
      ph: 'X', // a complete event: microseconds from `ts` for `dur`
      ts: start,
      dur: 1000 * milliseconds,
      pid: 1,
      tid: 1,
      args: { op, index, workgroups: workgroups.join(' x ') },
    };
    start += event.dur;
    return event;
  });
  const label = { name: 'thread_name', ph: 'M', pid: 1, tid: 1, args: { name } };
  return { displayTimeUnit: 'ms', traceEvents: [label, ...traceEvents] };
}
