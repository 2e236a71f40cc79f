// Declarations of the packages for whoever compiles against them: `dist/types/<file>.d.ts` for each source that a
// public entry leads to, and no other. One pass over all packages, since most of the time goes into TypeScript's own
// libraries.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import ts from 'typescript';
import { publicPackages } from './packages.mjs';
import { root } from './run.mjs';

/** Writes the declarations of all public packages. Types are not checked here: `pnpm typecheck` does that. */
export function writeDeclarations() {
  const packages = publicPackages();
  const { compilerOptions } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const given = { ...compilerOptions, noEmit: false, noCheck: true, declaration: true, emitDeclarationOnly: true };
  const { options, errors } = ts.convertCompilerOptionsFromJson({ ...given, rootDir: root, outDir: root }, root);
  if (errors.length > 0) throw new Error(describe(errors));

  const emitted = new Map();
  const entries = packages.flatMap((each) => each.entries);
  const program = ts.createProgram(entries, options);
  const { diagnostics } = program.emit(undefined, (path, text) => emitted.set(path, text), undefined, true);
  if (diagnostics.length > 0) throw new Error(describe(diagnostics));

  const checker = program.getTypeChecker();
  for (const { folder } of packages) rmSync(join(folder, 'dist/types'), { recursive: true, force: true });
  for (const path of reachable(
    entries.map((entry) => entry.replace(/\.ts$/, '.d.ts')),
    emitted,
  )) {
    const written = path.replace(`${sep}src${sep}`, `${sep}dist${sep}types${sep}`);
    mkdirSync(dirname(written), { recursive: true });
    writeFileSync(written, withPlatformTypes(asJavaScriptImports(emitted.get(path)), checker));
  }
}

const describe = (diagnostics) => ts.formatDiagnostics(diagnostics, ts.createCompilerHost({}));

/** The declaration files that `roots` lead to: values that only the code imports leave no trace in them. */
function reachable(roots, emitted) {
  const seen = new Set(roots);
  for (const path of seen) {
    for (const { fileName } of ts.preProcessFile(emitted.get(path)).importedFiles) {
      if (!fileName.startsWith('.')) continue;
      const target = join(dirname(path), fileName.replace(/\.ts$/, '.d.ts'));
      if (packageOf(target) !== packageOf(path))
        throw new Error(`${path} mentions ${target}: name its type in the source`);
      seen.add(target);
    }
  }
  return seen;
}

const packageOf = (path) => path.slice(root.length).split(sep)[1];

/** `from './a.ts'` as `from './a.js'`, which every module resolution reads as a.d.ts. */
const asJavaScriptImports = (text) => text.replace(/(['"])(\.\.?\/[^'"\n]+)\.ts\1/g, '$1$2.js$1');

/** Names of WebGPU's types, and of what a page shows images in. */
const platformTypes = /\b(?:GPU[A-Z]\w*|HTML\w+Element|ImageBitmap|ImageData|OffscreenCanvas|VideoFrame)\b/g;

/**
 * Types of WebGPU are in TypeScript's own `dom` library since 6.0, in @webgpu/types for older ones, and nowhere in a
 * project for Node, which has none of a page's either; @webgpu/types and the newer library exclude each other. So a file
 * that mentions `GPUDevice` declares it as an empty interface, which merges with either: the way in which @types/react
 * mentions the elements of a page. An alias, which cannot merge, is written out ('storage' | 'uniform' | …).
 */
function withPlatformTypes(text, checker) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const interfaces = [];
  let written = text;
  for (const name of [...new Set(code.match(platformTypes))].sort()) {
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
