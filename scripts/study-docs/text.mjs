// The text of docs/study.md: a template whose numbers, and whose words for them, come out of a study's numbers.csv.

/**
 * Fills the places of a template. A place is a form, then quantity, what it is of, stage and, for numbers, decimals:
 *
 *   {value gap | images–texts | stage1 | 3}        0.862
 *   {interval λ | mean | stage2 | 3}               0.756 [0.754, 0.759]
 *   {change gap | images–texts | stage1 | 3}       +0.264 [+0.259, +0.268]: from the stage before
 *   {moves gap | images–texts | stage1}            rises, falls, stays, or: does not change beyond noise
 *
 * `%` after the decimals is for shares: 0.29 is 29 %.
 * @param {string} template
 * @param {readonly Record<string, string>[]} rows of numbers.csv
 * @throws naming a place that is written otherwise, or whose number there is not
 */
export function filled(template, rows) {
  return template.replace(/\{(\w+) ([^{}]+)\}/g, (place, form, rest) => {
    const [quantity, of, stage, digits = ''] = rest.split('|').map((part) => part.trim());
    const write = FORMS[form];
    if (!write) throw new Error(`${place}: expected one of ${Object.keys(FORMS).join(', ')}, found ${form}`);
    const isChange = form === 'change' || form === 'moves';
    const row = rows.find(
      (row) =>
        row.quantity === quantity && row.of === of && row.stage === stage && (row.compared_with !== '') === isChange,
    );
    if (!row || row.value === '') throw new Error(`${place}: numbers.csv has no such number`);
    const [value, low, high] = [row.value, row.low, row.high].map(Number);
    return write({ value, low, high, number: format(digits, isChange) });
  });
}

const FORMS = {
  value: ({ value, number }) => number(value),
  interval: ({ value, low, high, number }) => `${number(value)} [${number(low)}, ${number(high)}]`,
  change: ({ value, low, high, number }) => `${number(value)} [${number(low)}, ${number(high)}]`,
  moves: ({ value, low, high }) => {
    if (low === 0 && high === 0) return 'stays';
    if (low <= 0 && high >= 0) return 'does not change beyond noise';
    return value > 0 ? 'rises' : 'falls';
  },
};

function format(digits, signed) {
  const percent = digits.endsWith('%');
  const decimals = Number(digits.replace('%', ''));
  return (value) => {
    const text = Math.abs(percent ? 100 * value : value).toFixed(decimals);
    const sign = value < 0 && Number(text) !== 0 ? '−' : signed && Number(text) !== 0 ? '+' : '';
    return `${sign}${text}${percent ? ' %' : ''}`;
  };
}

/** Fills the lines of a text's paragraphs up to a width, intervals in one piece: numbers are not as long as their places. */
export const wrapped = (text, width = 120) =>
  text
    .split('\n\n')
    .map((block) => (/^(#|```|!\[)/.test(block) ? block : lines(block.split(/\s+(?![^[\]]*\])/), width).join('\n')))
    .join('\n\n');

function lines(words, width) {
  const made = [''];
  for (const word of words) {
    const longer = `${made.at(-1)} ${word}`.trim();
    if (longer.length > width) made.push(word);
    else made[made.length - 1] = longer;
  }
  return made;
}

/** The rows of a CSV file (RFC 4180) with a line of names. */
export function rowsOf(csv) {
  const [names, ...lines] = csv
    .trimEnd()
    .split('\r\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
      ),
    );
  return lines.map((fields) => Object.fromEntries(names.map((name, i) => [name, fields[i]])));
}

/** Names of the figures that a text shows, as `study/NAME`. */
export const figuresOf = (text) => [...text.matchAll(/!\[[^\]]*\]\(study\/([^)]+)\)/g)].map(([, name]) => name);
