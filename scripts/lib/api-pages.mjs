// The API pages: one in Markdown for each public entry, out of the docstrings.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';
import { publicPackages } from './packages.mjs';
import { root } from './run.mjs';

/** What must have a docstring: whatever a package exports. */
const DOCUMENTED = ['Class', 'Function', 'Interface', 'TypeAlias', 'Variable'];

/**
 * Reads the docstrings of all public packages.
 * @returns {Promise<{ pages: Map<string, string>, undocumented: string[] }>} pages by their path in docs/api, and the
 *   exports that have no docstring, as '@webcir/clip: decodeImage'
 */
export async function apiPages() {
  const names = new Map(
    publicPackages().flatMap(({ folder, manifest: { name, exports } }) =>
      Object.entries(exports)
        .filter(([, conditions]) => conditions.default && conditions['webcir-source'])
        .map(([path, conditions]) => [join(folder, conditions['webcir-source']), name + path.slice(1)]),
    ),
  );
  const application = await Application.bootstrapWithPlugins({
    entryPoints: [...names.keys()],
    tsconfig: join(root, 'tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    name: 'API',
    readme: 'none',
    // Lines move with every change, and a page without them stays as it is.
    disableSources: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeInternal: true,
    excludeExternals: true,
    githubPages: false,
    skipErrorChecking: true,
    logLevel: 'Error',
    sort: ['source-order'],
    outputFileStrategy: 'modules',
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    expandObjects: true,
    parametersFormat: 'table',
  });
  const project = await application.convert();
  if (!project) throw new Error('typedoc could not read the packages');
  const modules = project.children ?? [];
  for (const module of modules) {
    const source = [...names].find(([path]) => moduleName(path) === module.name);
    if (!source) throw new Error(`typedoc names a module ${module.name}, which is no entry of a package`);
    module.name = source[1];
  }
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) nameDestructured(parameter);
  // A variable declared as any string or number has a value that changes: the fingerprint does with every kernel.
  for (const variable of project.getReflectionsByKind(ReflectionKind.Variable))
    if (variable.type?.type === 'intrinsic') delete variable.defaultValue;
  return { pages: await render(application, project), undocumented: modules.flatMap(undocumentedOf) };
}

/** The name that typedoc gives the module of an entry: its path, without what all have in common. */
const moduleName = (path) =>
  relative(join(root, 'packages'), path)
    .replace(/(\/index)?\.ts$/, '')
    .replaceAll('\\', '/');

/** Names a parameter that is destructured, and so has no name, after its type. */
function nameDestructured(parameter) {
  if (parameter.name !== '__namedParameters') return;
  const { name = 'options' } = parameter.type ?? {};
  parameter.name = name[0].toLowerCase() + name.slice(1);
}

async function render(application, project) {
  const folder = mkdtempSync(join(tmpdir(), 'api-pages-'));
  try {
    application.options.setValue('outputs', [{ name: 'markdown', path: folder }]);
    await application.generateOutputs(project);
    return new Map(
      readdirSync(folder, { recursive: true })
        .filter((file) => file.endsWith('.md'))
        .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function undocumentedOf(module) {
  return (module.children ?? [])
    .filter(({ kind }) => DOCUMENTED.includes(ReflectionKind[kind]))
    .filter((child) => !child.hasComment() && !(child.signatures ?? []).some((signature) => signature.hasComment()))
    .map(({ name }) => `${module.name}: ${name}`);
}
