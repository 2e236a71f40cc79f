import { describe, expect, it } from 'vitest';
import {
  checkClaims,
  chosenMetrics,
  compareRuns,
  FORMATS,
  type Measured,
  type PublishedTable,
  publishedComparisons,
  publishedTable,
  readMetrics,
  readRunMetrics,
} from '../../src/compare.ts';

const scores = (recall_at10: number, recall_at50: number) =>
  [...['dress', 'shirt', 'toptee'].map((category) => ({ category })), { category: 'mean', isMean: true }].map(
    (row) => ({
      ...row,
      recall_at10,
      recall_at50,
    }),
  );
const file = (changes: object = {}) =>
  JSON.stringify({
    dataset: 'fashioniq',
    split: 'val',
    combining_function: 'sum',
    results: [{ protocol: 'fashioniq-original', rows: scores(40, 64) }],
    ...changes,
  });
const measured = (changes?: object, name = 'mine.json'): Measured => readMetrics(file(changes), name)[0];
const fashionIq = publishedTable('fashioniq');

describe('a run among published rows', () => {
  it('stands among those of its split and protocol alone, and is told its place', () => {
    const comparison = compareRuns(fashionIq, [measured()]);
    const published = comparison.sections.flatMap(({ lines }) => lines).filter(({ source }) => source !== undefined);
    const original = fashionIq.rows.filter(({ protocol }) => protocol === 'fashioniq-original');
    expect(published.map(({ method }) => method).sort()).toEqual(original.map(({ method }) => method).sort());
    expect(comparison.sections.at(-1)).toMatchObject({ heading: 'mine.json', lines: [{ method: 'sum' }] });
    const trained = original.filter(({ kind }) => kind !== 'zero-shot');
    const higher = trained.filter(({ scores: { mean } }) => mean.recall_at10 > 40).length;
    expect(comparison.notes).toContain(
      `sum, R@10 40.00: place ${higher + 1} of ${trained.length + 1}, zero-shot rows aside, ` +
        'below TG-CIR + SPN with CLIP B/16 (41.43), above TG-CIR with CLIP B/16 (39.81).',
    );
  });

  it('is bold only where no row of its protocol is higher', () => {
    const [best] = compareRuns(fashionIq, [
      measured({ results: [{ protocol: 'fashioniq-original', rows: scores(99, 64) }] }),
    ]).sections.at(-1)!.lines;
    expect(best.cells.flat().map((cell) => cell.best)).toEqual([true, false, true, false, true, false, true, false]);
  });

  const refused: [what: string, runs: Measured[], message: RegExp][] = [
    [
      'of two protocols',
      [measured(), measured({ results: [{ protocol: 'fashioniq-val-split', rows: scores(50, 70) }] }, 'other.json')],
      /^mine\.json has numbers of fashioniq val by fashioniq-original, other\.json of .* by fashioniq-val-split: these do not compare/,
    ],
    [
      'of another data set than the rows',
      [measured({ dataset: 'cirr' })],
      /^mine\.json is of cirr, and does not compare/,
    ],
    ['of two data sets', [measured(), measured({ dataset: 'cirr' }, 'other.json')], /other\.json of cirr val by/],
    [
      'by a protocol that no published row has',
      [measured({ results: [{ protocol: 'full-gallery', rows: scores(1, 2) }] })],
      /^no published row of fashioniq is on val, by protocol full-gallery; there are rows of val by fashioniq-original; /,
    ],
    [
      'by no protocol, though there are rows whose protocol is not known',
      [measured({ results: [{ protocol: 'unknown', rows: scores(1, 2) }] })],
      /^mine\.json: "unknown" is the name of no protocol/,
    ],
    [
      'with a part left out',
      [measured({ incomplete: { images: 1, triplets: 2 } })],
      /a part of the data set was left out/,
    ],
  ];
  it.each(refused)('is refused if %s', (_, [first, ...others], message) => {
    expect(() => compareRuns(fashionIq, [first, ...others])).toThrow(message);
  });

  it('compares on CIRCO only with rows whose models read the same text', () => {
    const circo = publishedTable('circo');
    const run = (query_text: string | undefined, split: string) =>
      measured({
        dataset: 'circo',
        split,
        query_text,
        results: [{ protocol: 'circo', rows: [{ category: 'all', map_at5: 30 }] }],
      });
    const methods = compareRuns(circo, [run('bge-vl', 'test')]).sections.flatMap(({ lines }) =>
      lines.map(({ method }) => method),
    );
    expect(methods).toEqual(['BGE-VL-base', 'BGE-VL-large', 'BGE-VL-MLLM', 'sum']);
    expect(() => compareRuns(circo, [run(undefined, 'test')])).toThrow(
      'circo is on test, by protocol circo, with the text plain',
    );
    expect(() => compareRuns(circo, [run('bge-vl', 'val')])).toThrow(
      'What the server of circo says about test (webcir submit)',
    );
    expect(() => compareRuns(circo, [run('searle', 'test'), run('bge-vl', 'test')])).toThrow('do not compare');
  });
});

describe('a metrics file', () => {
  it('holds an entry for each protocol, of which one is to be chosen', () => {
    const names = ['fashioniq-original', 'fashioniq-val-split'];
    const both = readMetrics(
      file({ results: names.map((protocol) => ({ protocol, rows: scores(1, 2) })) }),
      'all.json',
    );
    expect(both.map(({ protocol }) => protocol)).toEqual(names);
    expect(chosenMetrics(both, 'fashioniq-val-split')).toBe(both[1]);
    expect(() => chosenMetrics(both, undefined)).toThrow(
      `several protocols, ${names.join(', ')}, which do not compare: choose one`,
    );
    expect(() => chosenMetrics(both, 'all')).toThrow('no table mixes them');
    expect(() => chosenMetrics(both, 'mteb')).toThrow('evaluate it again, webcir eval --protocol mteb --json FILE');
  });

  it("is not the results of a run, which are read with the run's data set", () => {
    const rows = ['sum', 'combiner'].flatMap((method) => scores(1, 2).map((row) => ({ method, ...row })));
    const text = JSON.stringify({ protocol: 'fashioniq-original', split: 'val', rows });
    expect(() => readMetrics(text, 'results.json')).toThrow('results.json is the results.json of a run');
    const { lines, dataset } = readRunMetrics(text, 'runs/mine', 'fashioniq');
    expect([dataset, ...lines.map(({ label }) => label)]).toEqual([
      'fashioniq',
      'Sum before tuning',
      'Combiner after stage 2',
    ]);
    expect(lines[1].rows).toEqual(scores(1, 2));
  });

  it('is refused with the field at fault', () => {
    expect(() => readMetrics('R@10 38', 'x.txt')).toThrow(
      /^x\.txt is not valid JSON .*: expected what webcir eval --json writes/,
    );
    expect(() => readMetrics('[]', 'x.json')).toThrow(
      /^x\.json is no metrics file, as webcir eval --json writes them: /,
    );
    const results = (rows: unknown) => file({ results: [{ protocol: 'cirr', rows }] });
    const wrong = [
      [file({ results: [] }), '"results": expected a list that is not empty'],
      [file({ split: 7 }), '"split": expected a string'],
      [file({ results: [7] }), '"results.0": expected an object'],
      [results(undefined), '"results.0.rows": expected a list that is not empty'],
      [results([{ category: 1 }]), '"results.0.rows.0.category": expected a string'],
      [results([{ category: 'all', recall_at1: '38' }]), '"results.0.rows.0.recall_at1": expected a number'],
    ];
    for (const [text, message] of wrong) expect(() => readMetrics(text, 'x.json')).toThrow(message);
  });
});

describe('tables without a run', () => {
  it('have one for each protocol, and the rows whose protocol is not known last', () => {
    const protocols = publishedComparisons(fashionIq).map(({ protocol }) => protocol);
    expect(new Set(protocols).size).toBe(protocols.length);
    expect(protocols.at(-1)).toBe('unknown');
    expect(publishedComparisons(fashionIq, { protocol: 'mteb' }).map(({ protocol }) => protocol)).toEqual(['mteb']);
    expect(() => publishedComparisons(fashionIq, { protocol: 'all' })).toThrow('no table mixes them');
    expect(() => publishedComparisons(fashionIq, { split: 'test' })).toThrow(
      'no published row of fashioniq is on test;',
    );
  });

  it('mark what is derived and what is disputed, with the other value', () => {
    const { sections, notes } = publishedComparisons(publishedTable('cirr'), { protocol: 'cirr' })[0];
    const line = (method: string) =>
      sections.flatMap(({ lines }) => lines).find((candidate) => candidate.method === method)!;
    expect(line('CLIP4Cir, text encoder tuned').cells[1][0]).toMatchObject({ text: '68.19', status: 'derived' });
    expect(line('TG-CIR').cells[0][0]).toMatchObject({ text: '45.25', status: 'disputed' });
    expect(notes.find((note) => note.startsWith('TG-CIR'))).toMatch(
      /^TG-CIR \(CLIP B\/16\), R@1: 45\.25 in \[\d\], 45\.23 in \[\d\]\.$/,
    );
  });
});

describe("the poster's claims", () => {
  it('follow from their two rows, on FashionIQ not from all that were known', () => {
    const [fiq] = checkClaims(fashionIq);
    expect(fiq.follows).toBe(true);
    const text = fiq.sentences.join(' ');
    expect(text).toContain(
      'minus SAC w/ BERT (WACV 2022) 29.08 / 54.70 in R@10 / R@50 is +9.24 / +7.04: the claim follows',
    );
    expect(text).toContain('The two are not known to be of one protocol');
    expect(text).toContain('CLVC-Net (SIGIR 2021) 30.70 / 58.41 (+7.62 / +3.33)');
    const [cirr] = checkClaims(publishedTable('cirr'));
    expect(cirr.sentences).toEqual([
      '"+19 R@1 over the best method without CLIP on CIRR": CLIP4Cir, text encoder tuned (CVPRW 2022) 38.53 minus ' +
        'CIRPLANT w/ OSCAR (ICCV 2021) 19.55 in R@1 is +18.98: the claim follows from these two rows.',
      'No row without CLIP up to 2022 is higher than CIRPLANT w/ OSCAR.',
    ]);
  });

  it('are told not to follow where the rows say so', () => {
    const cirr = publishedTable('cirr');
    const changed: PublishedTable = { ...cirr, claims: [{ ...cirr.claims[0], over: 'ARTEMIS' }] };
    const [claim] = checkClaims(changed);
    expect(claim.follows).toBe(false);
    expect(claim.sentences.join(' ')).toMatch(/is \+21\.57: the claim does not follow.* Higher, .*CIRPLANT w\/ OSCAR/);
    expect(() => checkClaims({ ...cirr, claims: [{ ...cirr.claims[0], over: 'nobody' }] })).toThrow(
      'nobody, which is no row',
    );
  });
});

describe('the forms', () => {
  const comparisons = [compareRuns(fashionIq, [measured({ combining_function: '50% & <b>_x_|' })])];
  const claims = checkClaims(fashionIq);

  it('Markdown has as many cells in every row', () => {
    const lines = FORMATS.markdown(comparisons, claims)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(lines.length).toBeGreaterThan(30);
    expect(new Set(lines.map((line) => line.replaceAll('\\|', '').split('|').length))).toEqual(new Set([14]));
    expect(lines.at(-1)).toContain('| 50% & <b>_x_\\| |');
  });

  it('LaTeX has booktabs, as many columns in every row, and no command in a name', () => {
    const text = FORMATS.latex(comparisons, claims);
    const tabular = text.slice(text.indexOf('\\begin{tabular}'), text.indexOf('\\end{tabular}'));
    for (const rule of ['toprule', 'midrule', 'bottomrule', 'cmidrule(lr){4-5}'])
      expect(tabular).toContain(`\\${rule}`);
    expect(tabular).toMatch(/^\\begin\{tabular\}\{lllrrrrrrrr\}/);
    const rows = tabular
      .split('\n')
      .filter((line) => / \\\\( % \[\d\])?$/.test(line) && !line.includes('\\multicolumn'));
    expect(rows.length).toBeGreaterThan(30);
    expect(new Set(rows.map((row) => row.split(/(?<!\\)&/).length))).toEqual(new Set([11]));
    expect(rows.at(-1)).toContain('50\\% \\& <b>\\_x\\_|');
    expect(text).toContain('38.32$^\\ddagger$');
    expect(text).toContain('% "+9 R@10');
  });

  it('HTML escapes names, and has the table, its sources and the claims', () => {
    const page = FORMATS.html(comparisons, claims);
    expect(page).toContain('50% &amp; &lt;b&gt;_x_|');
    expect(page).toContain('<sup>‡</sup>');
    expect(page).toContain('<h2 id="claims">The poster\'s claims</h2>');
    expect(page).not.toMatch(/<script|undefined|NaN/);
  });
});
