// docs/compare.md holds the tables below its text: `vitest run -u packages/eval/test/compare/docs` writes them again.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { comparisonMarkdown } from '../../src/compare/markdown.ts';
import { checkClaims, PUBLISHED_DATASETS, publishedComparisons, publishedTable } from '../../src/compare.ts';

const path = fileURLToPath(new URL('../../../../docs/compare.md', import.meta.url));
const marker = '<!-- What follows is made by packages/eval/test/compare/docs.test.ts. -->\n';

it('docs/compare.md has the tables as they are', async () => {
  const [text] = (await readFile(path, 'utf8')).split(marker);
  const tables = PUBLISHED_DATASETS.map(publishedTable);
  const claims = tables.flatMap(checkClaims).map(({ sentences }) => `- ${sentences.join(' ')}\n`);
  const made = [
    `\n## The poster's claims\n\n${claims.join('')}`,
    ...tables.flatMap((table) => publishedComparisons(table)).map((comparison) => comparisonMarkdown(comparison)),
  ];
  await expect(text + marker + made.join('\n')).toMatchFileSnapshot(path);
});
