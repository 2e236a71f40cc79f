// Reads every import of the workspace's sources and says which of them break the rules of the house.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

// Imports point from a later line to an earlier one, never within a line. `apps/*` stands for every app.
const LAYERS = [
  ['kernels', 'embedded', 'embedded-emoji'],
  ['clip', 'combiner'],
  ['retrieval', 'data'],
  ['eval', 'train', 'serve'],
  ['webcir'],
  ['apps/*'],
];

// The same within packages/kernels/src: gradients are made of ops, and so stand above them. Types may point back.
const KERNEL_ROOMS = [
  ['graph.ts'],
  ['engine'],
  ['ops', 'generated/ops.ts'],
  ['autodiff', 'generated/gradients.ts'],
  ['optimizer'],
];

// npm packages that run in Node only. Dawn may be asked for with `await import('webgpu')`, where a browser never
// arrives.
const NODE_PACKAGES = ['sharp', 'webgpu', 'commander', 'undici', 'pg', 'vega', 'vega-lite', 'prom-client'];
const NODE_PACKAGES_ON_DEMAND = ['webgpu'];

/**
 * Checks three rules: packages import one way (LAYERS) and only what their package.json names, and so do the rooms of
 * the engine (KERNEL_ROOMS); no cycle among the files that import each other at load time; nothing that only Node has
 * is reachable from a package's src/index.ts.
 *
 * @param {string} root folder that holds `packages/` and `apps/`
 * @returns {{ files: number, problems: string[] }} one sentence for each breach
 */
export function checkImports(root) {
  const packages = readPackages(root);
  const files = packages.flatMap(readFiles);
  const edges = files.flatMap((file) => importsOf(file).map((edge) => resolveEdge(edge, packages)));
  const show = (path) => relative(root, path).split(sep).join('/');
  return {
    files: files.length,
    problems: [
      ...packages
        .filter((p) => p.layer < 0)
        .map((p) => `${p.label} has no layer: add it to LAYERS in scripts/lib/imports.mjs`),
      ...directionProblems(packages, edges, show),
      ...roomProblems(edges, show),
      ...cycleProblems(edges, show),
      ...packages.filter((p) => !p.label.startsWith('apps/')).flatMap((p) => browserProblems(p, edges, show)),
    ],
  };
}

function readPackages(root) {
  return ['packages', 'apps'].flatMap((parent) => {
    const folders = existsSync(join(root, parent)) ? readdirSync(join(root, parent)) : [];
    return folders
      .filter((name) => existsSync(join(root, parent, name, 'package.json')))
      .map((name) => {
        const folder = join(root, parent, name);
        const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        const layer = LAYERS.findIndex((layer) => layer.includes(parent === 'apps' ? 'apps/*' : name));
        return { folder, label: parent === 'apps' ? `apps/${name}` : name, manifest, layer };
      });
  });
}

function readFiles(owner) {
  const walk = (folder) =>
    !existsSync(folder)
      ? []
      : readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
          const path = join(folder, entry.name);
          if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : walk(path);
          return /\.[mc]?tsx?$/.test(entry.name) ? [{ owner, path }] : [];
        });
  return ['src', 'test'].flatMap((name) => walk(join(owner.folder, name)));
}

/** The file's imports: `typeOnly` ones leave no trace at run time, `onDemand` ones are written `import(...)`. */
function importsOf({ owner, path }) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const found = [];
  const add = (literal, typeOnly, onDemand) => {
    if (literal && ts.isStringLiteralLike(literal)) {
      found.push({ owner, path, specifier: literal.text, typeOnly, onDemand });
    }
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyImport(node), false);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly, false);
    else if (ts.isImportTypeNode(node)) add(node.argument.literal, true, false);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const isTypeOnlyImport = ({ importClause }) => importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;

/** Adds what the import leads to: `target` (a file), `targetPackage` (of the workspace), `external` (npm or Node). */
function resolveEdge(edge, packages) {
  const { specifier } = edge;
  if (specifier.startsWith('.')) {
    const target = join(dirname(edge.path), specifier.replace(/\?.*$/, ''));
    return { ...edge, target, targetPackage: packages.find((p) => target.startsWith(p.folder + sep)) };
  }
  const targetPackage = packages.find(({ manifest }) => `${specifier}/`.startsWith(`${manifest.name}/`));
  if (!targetPackage) return { ...edge, external: specifier };
  const entry = targetPackage.manifest.exports?.[`.${specifier.slice(targetPackage.manifest.name.length)}`];
  const source = entry?.['webcir-source'];
  return { ...edge, targetPackage, target: source && join(targetPackage.folder, source) };
}

function directionProblems(packages, edges, show) {
  const declared = ({ manifest }) => ({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.peerDependencies,
  });
  const backwards = (from, to) => from !== to && to.layer >= from.layer;
  const manifests = packages.flatMap((from) =>
    packages
      .filter((to) => to.manifest.name in declared(from) && backwards(from, to))
      .map((to) => `${show(join(from.folder, 'package.json'))} depends on ${to.label}: imports point the other way`),
  );
  const imports = edges.flatMap(({ owner, path, specifier, targetPackage }) => {
    if (!targetPackage || targetPackage === owner) return [];
    const said = `${show(path)} imports ${specifier}`;
    if (backwards(owner, targetPackage)) return [`${said}: ${owner.label} may not import ${targetPackage.label}`];
    if (specifier.startsWith('.')) return [`${said}: import ${targetPackage.manifest.name} by its name, not by path`];
    if (targetPackage.manifest.name in declared(owner)) return [];
    return [`${said}, which ${show(join(owner.folder, 'package.json'))} does not name as a dependency`];
  });
  return [...manifests, ...imports];
}

function roomProblems(edges, show) {
  const home = 'packages/kernels/src/';
  const roomOf = (path) =>
    show(path).startsWith(home)
      ? KERNEL_ROOMS.findIndex((names) =>
          names.some((name) => `${show(path).slice(home.length)}/`.startsWith(`${name}/`)),
        )
      : -1;
  return edges.flatMap(({ path, target, typeOnly }) => {
    if (!target || typeOnly) return [];
    const [from, to] = [roomOf(path), roomOf(target)];
    return from >= 0 && to > from
      ? [`${show(path)} imports ${show(target)}: within kernels, imports point the other way`]
      : [];
  });
}

/**
 * One sentence for each group of files that reach each other (strongly connected components, Tarjan 1972). Ops may: an
 * op's gradient is made of other ops, and sum's is a broadcast while broadcast's is a sum.
 */
function cycleProblems(edges, show) {
  const isOp = (path) => show(path).startsWith('packages/kernels/src/ops/');
  const next = adjacency(
    edges.filter(
      ({ path, target, typeOnly, onDemand }) => target && !typeOnly && !onDemand && !(isOp(path) && isOp(target)),
    ),
  );
  const index = new Map();
  const low = new Map();
  const stack = [];
  const problems = [];
  const visit = (path) => {
    index.set(path, index.size);
    low.set(path, index.get(path));
    stack.push(path);
    for (const { target } of next.get(path) ?? []) {
      if (!index.has(target)) visit(target);
      if (stack.includes(target)) low.set(path, Math.min(low.get(path), low.get(target)));
    }
    if (low.get(path) !== index.get(path)) return;
    const group = stack.splice(stack.indexOf(path));
    const selfImport = (next.get(path) ?? []).some(({ target }) => target === path);
    if (group.length > 1 || selfImport)
      problems.push(`These files import each other in a cycle: ${cycleIn(group, next).map(show).join(' → ')}`);
  };
  for (const path of next.keys()) if (!index.has(path)) visit(path);
  return problems;
}

/** A shortest cycle through the group's first file. */
function cycleIn(group, next) {
  const [start] = group;
  const queue = [[start]];
  const seen = new Set();
  for (const trail of queue) {
    for (const { target } of next.get(trail.at(-1)) ?? []) {
      if (target === start) return [...trail, start];
      if (!group.includes(target) || seen.has(target)) continue;
      seen.add(target);
      queue.push([...trail, target]);
    }
  }
  return group;
}

/** One sentence for each Node-only module that the package's src/index.ts leads to, with the way there. */
function browserProblems({ folder }, edges, show) {
  const entry = join(folder, 'src', 'index.ts');
  const next = adjacency(edges.filter((edge) => !edge.typeOnly));
  const queue = [[entry]];
  const seen = new Set([entry]);
  const problems = [];
  for (const trail of queue) {
    for (const { target, external, onDemand } of next.get(trail.at(-1)) ?? []) {
      if (external && !seen.has(external) && isNodeOnly(external, onDemand)) {
        seen.add(external);
        problems.push(
          `A browser cannot load ${[...trail.map(show), external].join(' → ')}: ` +
            `move it to ${show(folder)}/src/node.ts`,
        );
      }
      if (!target || seen.has(target)) continue;
      seen.add(target);
      queue.push([...trail, target]);
    }
  }
  return problems;
}

function isNodeOnly(specifier, onDemand) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (onDemand && NODE_PACKAGES_ON_DEMAND.includes(name)) return false;
  return isBuiltin(specifier) || NODE_PACKAGES.includes(name);
}

function adjacency(edges) {
  const next = new Map();
  for (const edge of edges) next.set(edge.path, [...(next.get(edge.path) ?? []), edge]);
  return next;
}
