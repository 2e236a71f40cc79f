import type { CheckedClaim } from './claims.ts';
import type { Comparison } from './comparison.ts';
import { comparisonHtml } from './html.ts';
import { comparisonLatex } from './latex.ts';
import { comparisonMarkdown } from './markdown.ts';

/** The forms that comparisons of one data set can be written in, the poster's claims below them, by name. */
export const FORMATS = {
  markdown: (comparisons: readonly Comparison[], claims: readonly CheckedClaim[]): string =>
    [
      ...comparisons.map((comparison) => comparisonMarkdown(comparison)),
      ...(claims.length > 0
        ? [`## The poster's claims\n\n${claims.map((claim) => `- ${said(claim)}\n`).join('')}`]
        : []),
    ].join('\n'),
  /** The tables need the package booktabs; notes, sources and claims are comments. */
  latex: (comparisons: readonly Comparison[], claims: readonly CheckedClaim[]): string =>
    [...comparisons.map(comparisonLatex), ...claims.map((claim) => `% ${said(claim)}\n`)].join('\n'),
  /** One page that needs nothing else. */
  html: comparisonHtml,
} as const;

/** The name of a form, among `FORMATS`. */
export type Format = keyof typeof FORMATS;

const said = ({ sentences }: CheckedClaim): string => sentences.join(' ');
