import { timeOf } from '../ops/table.ts';
import type { PeerResult } from '../peers/race.ts';
import { escaped } from './escaped.ts';
import type { Results } from './results.ts';
import { style } from './style.ts';

/** A run as one page that needs nothing else: bars against the ceilings, peers and goals. */
export function page(results: Results): string {
  const { machine, when, command, ceilings } = results;
  const facts = [
    ['adapter', machine.adapter],
    ['processor', `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB`],
    ['system', `${machine.platform}, Node ${machine.node}`],
    ['ceilings, measured', ceilings ? `${one(ceilings.gflops)} GFLOP/s, ${one(ceilings.gbps)} GB/s copied` : ''],
    ['command', command],
    ['when', `${when.slice(0, 16).replace('T', ' ')} UTC`],
  ].filter(([, value]) => value);
  const sections = [goalSection(results), raceSection(results), programSection(results), opSection(results)];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>webcir bench, ${escaped(machine.adapter)}</title>
<style>${style}</style>
<h1>webcir bench</h1>
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>
${sections.filter(Boolean).join('\n')}
</html>
`;
}

const one = (value: number) => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));
const ms = (value: number) => value.toFixed(value < 1 ? 3 : value < 100 ? 2 : 0);
const rate = (amount: number | undefined, milliseconds: number) => (amount ? one(amount / milliseconds / 1e6) : '');

/** A bar from 0 to 1. */
const bar = (share: number, kind = '') =>
  `<span class="bar ${kind}"><span style="width:${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%"></span></span>`;

const table = (head: readonly string[], rows: readonly string[], kind = '') =>
  `<div class="scroll"><table class="${kind}">` +
  `<thead><tr>${head.map((title) => `<th>${title}</th>`).join('')}</tr></thead>` +
  `<tbody>${rows.join('\n')}</tbody></table></div>`;
const row = (cells: readonly string[], kind = '') =>
  `<tr class="${kind}"><th>${cells[0]}</th>${cells
    .slice(1)
    .map((cell) => `<td>${cell}</td>`)
    .join('')}</tr>`;

function goalSection({ goals }: Results): string {
  if (goals.length === 0) return '';
  const rows = goals.map(({ work, goal, measured, verdict, note }) =>
    row([
      escaped(work),
      `${escaped(goal)} <span class="note">${escaped(note)}</span>`,
      escaped(measured),
      `<span class="verdict ${verdict.replace(' ', '-')}">${verdict}</span>`,
    ]),
  );
  return `<h2>Goals</h2>${table(['work', 'goal', 'measured', ''], rows, 'goals')}`;
}

function raceSection({ races }: Results): string {
  if (races.length === 0) return '';
  const blocks = races.map(({ name, ours, peers }) => {
    const ran = Object.entries(peers).flatMap(([peer, result]) => ('time' in result ? [{ peer, ...result }] : []));
    const slowest = Math.max(ours.median, ...ran.map(({ time }) => time.median));
    const line = (who: string, result?: Extract<PeerResult, { time: unknown }>) => {
      const { median } = result?.time ?? ours;
      const ratio = result ? `${result.ratio.median.toFixed(2)}×` : '';
      const interval = result ? `${result.ratio.low.toFixed(2)} … ${result.ratio.high.toFixed(2)}` : '';
      const kind = result ? '' : 'ours';
      return row([escaped(who), bar(median / slowest, kind), ms(median), ratio, interval], kind);
    };
    const rows = [line('webcir'), ...ran.map((result) => line(result.peer, result))];
    const absent = Object.entries(peers).flatMap(([peer, result]) =>
      'notRun' in result ? [`${peer}: ${result.notRun}`] : [],
    );
    const note = absent.length > 0 ? `<p class="note">Not run: ${escaped(absent.join('; '))}</p>` : '';
    return `<h3>${escaped(name)}</h3>${table(['', '', 'ms', 'times webcir’s', '95 %'], rows)}${note}`;
  });
  return (
    '<h2>Peers</h2><p class="note">The same work in turns, medians; each result was checked against webcir’s. ' +
    `Bars are times: shorter is faster.</p>${blocks.join('\n')}`
  );
}

function programSection({ programs }: Results): string {
  if (programs.length === 0) return '';
  const rows = programs.map(({ name, about, wall, device, dispatches, flops, ofCeiling }) =>
    row([
      `${escaped(name)}<br><span class="note">${escaped(about)}</span>`,
      ms(wall.median),
      `<span class="note">${ms(wall.low)} … ${ms(wall.high)}</span>`,
      device ? ms(device.median) : '–',
      `${dispatches ?? '–'}`,
      rate(flops, wall.median),
      ofCeiling === undefined ? '' : `${bar(ofCeiling)} ${Math.round(100 * ofCeiling)} %`,
    ]),
  );
  const head = ['', 'ms', '95 %', 'device ms', 'dispatches', 'GFLOP/s', 'of the peak of arithmetic'];
  return `<h2>Whole things</h2>${table(head, rows)}`;
}

function opSection({ ops }: Results): string {
  if (ops.length === 0) return '';
  const names = [...new Set(ops.map(({ op }) => op))];
  const head = ['', '', 'ms', '95 %', 'GFLOP/s', 'GB/s', 'of its ceiling', 'of the best'];
  const blocks = names.map((name) => {
    const rows = ops
      .filter(({ op }) => op === name)
      .map((timing, i, all) => {
        const { median, low, high } = timeOf(timing);
        const first = timing.case !== all[i - 1]?.case || timing.pass !== all[i - 1]?.pass;
        return row(
          [
            first ? `${escaped(timing.case)} <span class="note">${timing.pass}</span>` : '',
            escaped(timing.variant),
            ms(median),
            `<span class="note">${ms(low)} … ${ms(high)}</span>`,
            rate(timing.flops, median),
            rate(timing.bytes, median),
            `${bar(timing.ofCeiling, timing.ceiling)} ${Math.round(100 * timing.ofCeiling)} % ${timing.ceiling}`,
            `${Math.round(100 * timing.ofBest)} %`,
          ],
          first ? 'first' : '',
        );
      });
    return `<h3>${escaped(name)}</h3>${table(head, rows)}`;
  });
  return (
    '<h2>Ops</h2><p class="note">Time on the device. A bar is the share of the ceiling that binds: ' +
    `arithmetic or memory, whichever allows less.</p>${blocks.join('\n')}`
  );
}
