import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkImports } from '../lib/imports.mjs';

let root;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'imports-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Writes a workspace of kernels and clip (which depends on kernels) with these sources, and checks it. */
function problemsOf(sources, clipDependsOn = { '@webcir/kernels': '*' }) {
  const source = (name) => ({ 'webcir-source': `./src/${name}.ts` });
  const manifest = (name, dependencies) =>
    JSON.stringify({ name, dependencies, exports: { '.': source('index'), './node': source('node') } });
  const files = {
    'packages/kernels/package.json': manifest('@webcir/kernels', {}),
    'packages/clip/package.json': manifest('@webcir/clip', clipDependsOn),
    ...sources,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkImports(root).problems;
}

test('imports that point the right way, cycles of types or ops, and Dawn on demand pass', () => {
  const problems = problemsOf({
    'packages/kernels/src/index.ts': "import { a } from './a.ts'; await import('webgpu'); export { a };",
    'packages/kernels/src/a.ts': "import type { B } from './b.ts'; export const a: B = 1;",
    'packages/kernels/src/b.ts': "import { a } from './a.ts'; export type B = number; export const b = a;",
    'packages/kernels/src/ops/sum/sum.ts': "import '../broadcast/broadcast.ts';",
    'packages/kernels/src/ops/broadcast/broadcast.ts': "import '../sum/sum.ts';",
    'packages/kernels/src/node.ts': "import 'node:fs';",
    'packages/clip/src/index.ts': "export * from '@webcir/kernels';",
    'packages/clip/src/node.ts': "export * from '@webcir/kernels/node';",
  });
  expect(problems).toEqual([]);
});

test('an import that points back is a problem, even of a type or in a test', () => {
  const problems = problemsOf({
    'packages/kernels/src/index.ts': "import type { C } from '@webcir/clip'; export type D = C;",
    'packages/kernels/test/a.test.ts': "import '../../clip/src/index.ts';",
  });
  expect(problems).toEqual([
    'packages/kernels/src/index.ts imports @webcir/clip: kernels may not import clip',
    'packages/kernels/test/a.test.ts imports ../../clip/src/index.ts: kernels may not import clip',
  ]);
});

test('within kernels, an import of the engine from a higher room is a problem, but not of a type', () => {
  const problems = problemsOf({
    'packages/kernels/src/engine/program.ts':
      "import '../ops/sum/sum.ts'; import type { A } from '../autodiff/gradients.ts';",
    'packages/kernels/src/ops/sum/sum.ts': "import '../../graph.ts'; import '../../autodiff/gradients.ts';",
    'packages/kernels/src/autodiff/gradients.ts': "import '../generated/gradients.ts'; import '../engine/op.ts';",
    'packages/kernels/src/generated/gradients.ts': '',
    'packages/kernels/src/engine/op.ts': '',
    'packages/kernels/src/graph.ts': '',
  });
  const why = 'within kernels, imports point the other way';
  expect(problems).toContain(
    `packages/kernels/src/engine/program.ts imports packages/kernels/src/ops/sum/sum.ts: ${why}`,
  );
  expect(problems).toContain(
    `packages/kernels/src/ops/sum/sum.ts imports packages/kernels/src/autodiff/gradients.ts: ${why}`,
  );
  expect(problems.filter((problem) => problem.includes(why))).toHaveLength(2);
});

test('an undeclared dependency, a path into another package and a folder without a layer are problems', () => {
  const problems = problemsOf(
    {
      'packages/clip/src/index.ts': "import '@webcir/kernels'; import '../../kernels/src/index.ts';",
      'packages/extra/package.json': '{"name":"@webcir/extra"}',
    },
    {},
  );
  expect(problems).toEqual([
    'extra has no layer: add it to LAYERS in scripts/lib/imports.mjs',
    'packages/clip/src/index.ts imports @webcir/kernels, ' +
      'which packages/clip/package.json does not name as a dependency',
    'packages/clip/src/index.ts imports ../../kernels/src/index.ts: import @webcir/kernels by its name, not by path',
  ]);
});

test('a cycle of files is a problem, told with its way round', () => {
  const problems = problemsOf({
    'packages/kernels/src/index.ts': "export * from './a.ts';",
    'packages/kernels/src/a.ts': "export * from './b.ts';",
    'packages/kernels/src/b.ts': "export * from './c.ts';",
    'packages/kernels/src/c.ts': "import './a.ts'; export const c = 1;",
  });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('packages/kernels/src/a.ts → packages/kernels/src/b.ts → packages/kernels/src/c.ts');
});

test('what only Node has is a problem on the way from index.ts, through other packages too', () => {
  const problems = problemsOf({
    'packages/kernels/src/node.ts': "export * from 'node:fs';",
    'packages/clip/src/index.ts': "export * from './deep.ts';",
    'packages/clip/src/deep.ts': "import '@webcir/kernels/node'; import sharp from 'sharp'; import 'webgpu';",
  });
  expect(problems).toHaveLength(3);
  expect(problems.join('\n')).toContain('deep.ts → packages/kernels/src/node.ts → node:fs');
  expect(problems.join('\n')).toContain('deep.ts → sharp');
});
