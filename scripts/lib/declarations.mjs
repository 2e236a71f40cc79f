// Declarations of a package for whoever compiles against it: `dist/types/<file>.d.ts` for each source that its public
// entries mention, and no other.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { root } from './run.mjs';

/**
 * Writes the declarations of the package in `folder`. Types are not checked here (`pnpm typecheck` does that); other packages
 * of the workspace are read from their own declarations, so they must be built.
 *
 * @param {string} folder the package's folder
 * @param {string[]} entries its public sources, for instance ['src/index.ts']
 */
export function writeDeclarations(folder, entries) {
  const { compilerOptions } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const types = join(folder, 'dist/types');
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    {
      ...compilerOptions,
      customConditions: [],
      noEmit: false,
      noCheck: true,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: join(folder, 'src'),
      outDir: types,
    },
    root,
  );
  if (errors.length > 0) throw new Error(describe(errors));

  const emitted = new Map();
  const program = ts.createProgram(
    entries.map((entry) => join(folder, entry)),
    options,
  );
  const { diagnostics } = program.emit(undefined, (path, text) => emitted.set(path, text), undefined, true);
  if (diagnostics.length > 0) throw new Error(describe(diagnostics));

  const roots = entries.map((entry) => join(types, entry.replace(/^src\/(.*)\.ts$/, '$1.d.ts')));
  for (const path of reachable(roots, emitted)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, withDeviceTypes(asJavaScriptImports(emitted.get(path)), program.getTypeChecker()));
  }
}

const describe = (diagnostics) => ts.formatDiagnostics(diagnostics, ts.createCompilerHost({}));

/** The declaration files that `roots` lead to: values that only the code imports leave no trace in them. */
function reachable(roots, emitted) {
  const seen = new Set(roots);
  for (const path of seen) {
    for (const { fileName } of ts.preProcessFile(emitted.get(path)).importedFiles) {
      if (fileName.startsWith('.')) seen.add(join(dirname(path), fileName.replace(/\.ts$/, '.d.ts')));
    }
  }
  return seen;
}

/** `from './a.ts'` as `from './a.js'`, which every module resolution reads as a.d.ts. */
const asJavaScriptImports = (text) => text.replace(/(['"])(\.\.?\/[^'"\n]+)\.ts\1/g, '$1$2.js$1');

/**
 * Types of WebGPU are in TypeScript's own `dom` library since 6.0, in @webgpu/types for older ones, and nowhere in a project
 * for Node; @webgpu/types and the newer library exclude each other. So a file that mentions `GPUDevice` declares it as an
 * empty interface, which merges with either: the way in which @types/react mentions the elements of a page. An alias, which
 * cannot merge, is written out ('storage' | 'uniform' | …).
 */
function withDeviceTypes(text, checker) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const interfaces = [];
  let written = text;
  for (const name of [...new Set(code.match(/\bGPU[A-Z]\w*/g))].sort()) {
    const symbol = checker.resolveName(name, undefined, ts.SymbolFlags.Type, false);
    if (!symbol || symbol.flags & ts.SymbolFlags.Interface) interfaces.push(`    interface ${name} {}\n`);
    else written = written.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `(${expanded(symbol, checker)})`);
  }
  return interfaces.length === 0 ? written : `${written}declare global {\n${interfaces.join('')}}\n`;
}

const expanded = (symbol, checker) =>
  checker.typeToString(
    checker.getDeclaredTypeOfSymbol(symbol),
    undefined,
    ts.TypeFormatFlags.InTypeAlias | ts.TypeFormatFlags.NoTruncation,
  );
