// Turns every `src/ops/<op>/<kernel>.wgsl`, and those in `src/textures`, into a typed module `<kernel>.wgsl.ts` beside it: bindings, parameter
// struct, workgroup size and overrides are read out of the WGSL by wgsl_reflect, so that TypeScript checks every
// dispatch and no offset is written down twice. Also writes `src/generated/`: the index of all ops and of all their
// cases, and a hash of the code that a measured choice between variants depends on.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformSync } from 'esbuild';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';

const source = join(import.meta.dirname, '../src');
const opsFolder = join(source, 'ops');
// The engine unrolls a kernel's text when it makes a pipeline; this script reads the same unrolled text.
const { unroll } = await importTypeScript(join(source, 'engine/unroll.ts'));
const header = (from) => `// Written by scripts/generate.mjs from ${from}. Do not edit.\n`;

/**
 * `#include <file>` is the text of a file beside the kernel: what several kernels share (`*.include.wgsl`). May nest.
 *
 * WESL (npm `wesl` 0.7.31) was tried in place of these 50 lines. Its imports cannot name the `Part` and `combine` of
 * whichever kernel takes in sum/reduce.include.wgsl, and it has no loop over constants: engine/unroll.ts would have to
 * stay.
 */
export function expandIncludes(text, folder) {
  return text.replace(/^#include (\S+)$/gm, (_, file) =>
    expandIncludes(readFileSync(join(folder, file), 'utf8').trimEnd(), folder),
  );
}

/**
 * The kernels that a file makes: one, called as the file, or one for each line `#kernel name size=value …`. Its sizes
 * are variables like those of `#for`, and are part of the generated kernel, so that TypeScript can read them.
 * `enable=f16` enables an extension for this kernel alone.
 */
export function kernelsOf(text, name) {
  const line = /^#kernel (\S+)((?: +\w+=\w+)+)\n/gm;
  const shared = text.replace(line, '');
  const instances = [...text.matchAll(line)].map(([, instance, list]) => {
    const pairs = list
      .trim()
      .split(/ +/)
      .map((pair) => pair.split('='));
    const { enable, ...values } = Object.fromEntries(pairs);
    const sizes = Object.entries(values).map(([key, value]) => [key, /^\d+$/.test(value) ? Number(value) : value]);
    return {
      name: instance,
      start: enable ? `enable ${enable};\n` : '',
      text: shared,
      sizes: Object.fromEntries(sizes),
    };
  });
  return instances.length > 0 ? instances : [{ name, start: '', text }];
}

// wgsl_reflect does not parse every statement and every type that WGSL has; only the interface matters here.
const withoutBodies = (code) => {
  const text = code.replace(/\/\/.*$/gm, '').replace(/^alias .*$/gm, '');
  let out = '';
  let from = 0;
  for (const match of text.matchAll(/\bfn\s+\w+[^{]*\{/g)) {
    if (match.index < from) continue;
    const open = match.index + match[0].length;
    let end = open;
    for (let depth = 1; depth > 0; end++) depth += text[end] === '{' ? 1 : text[end] === '}' ? -1 : 0;
    out += `${text.slice(from, open)}}`;
    from = end;
  }
  return out + text.slice(from);
};

/** See `Holds` in engine/kernel.ts. */
function holdsOf(name, code) {
  const [, element] = new RegExp(`var<storage, \\w+> ${name}: array<(.*)>;`).exec(code) ?? [];
  if (element === 'stored4') return 'stored';
  return /^(f32|vec[234]f|vec[234]<f32>)$/.test(element) ? 'f32' : 'words';
}

const isKernel = (file) => file.endsWith('.wgsl') && !file.endsWith('.include.wgsl');
const camelCase = (name) => name.replace(/[.-](\w)/g, (_, letter) => letter.toUpperCase());
const union = (names) => (names.length ? names.map((name) => `'${name}'`).join(' | ') : 'never');

/**
 * The text stands in the module once, however many kernels it makes.
 * @param file the kernel's path, from `src` on
 */
const kernelModule = (file, kernels) =>
  `${header(file)}import type { Kernel } from '${'../'.repeat(file.split('/').length - 1)}engine/kernel.ts';\n\n` +
  `const text = ${JSON.stringify(kernels[0].text)};\n` +
  kernels.map((kernel) => kernelText(file, kernel)).join('');

function unrolled(text, file, sizes) {
  try {
    return unroll(text, sizes);
  } catch (cause) {
    throw new Error(`${file}: ${cause.message}`, { cause });
  }
}

function importTypeScript(path) {
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts' });
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}

function kernelText(file, { name, start, text, sizes }) {
  const code = unrolled(start + text, file, sizes);
  const reflection = new WgslReflect(withoutBodies(code).replaceAll('stored4', 'vec4f'));
  const entries = reflection.entry.compute;
  if (entries.length !== 1) throw new Error(`${file}: expected one @compute entry point, found ${entries.length}`);
  const bindings = {};
  const textures = {};
  let params = { binding: -1, size: 0, fields: {} };
  const [group = []] = reflection.getBindGroups();
  for (const resource of group.filter(Boolean)) {
    if (resource.resourceType === 1) {
      bindings[resource.name] = {
        binding: resource.binding,
        access: resource.access === 'read_write' ? 'storage' : 'read-only-storage',
        holds: holdsOf(resource.name, code),
      };
    } else if (resource.resourceType === 3 && resource.type.getTypeName() === 'texture_2d<f32>') {
      textures[resource.name] = resource.binding;
    } else if (resource.resourceType === 0 && resource.members) {
      const fields = Object.fromEntries(
        resource.members.map(({ name: member, type, offset }, index) => {
          if (!['u32', 'i32', 'f32'].includes(type.name) || offset !== 4 * index)
            throw new Error(`${file}: parameter ${member} must be u32, i32 or f32`);
          return [member, type.name];
        }),
      );
      params = { binding: resource.binding, size: Math.ceil(resource.size / 16) * 16, fields };
    } else
      throw new Error(`${file}: binding ${resource.name} is no storage buffer, texture_2d<f32> or parameter struct`);
  }
  const constants = reflection.overrides.map((override) => override.name);
  const enabled = [...code.matchAll(/^\s*enable (\w+);/gm)].map((match) => match[1]);
  const required = enabled.map((extension) => (extension === 'f16' ? 'shader-f16' : extension.replaceAll('_', '-')));
  const type = `Kernel<${union(Object.keys(bindings))}, ${union(Object.keys(params.fields))}, ${union(constants)}>`;
  const typeOfSize = ([key, value]) => `readonly ${key}: ${typeof value === 'number' ? 'number' : `'${value}'`}`;
  const sized = sizes ? ` & { readonly sizes: { ${Object.entries(sizes).map(typeOfSize).join('; ')} } }` : '';
  const texturesText = JSON.stringify(textures);
  const textured =
    Object.keys(textures).length > 0 ? ` & { readonly textures: ${texturesText.replaceAll(/\d+/g, 'number')} }` : '';
  return `
export const ${camelCase(name)}Kernel: ${type}${sized}${textured} = {
  name: '${name}',
  entryPoint: '${entries[0].name}',
  workgroupSize: ${JSON.stringify(workgroupSize(entries[0]))},
  features: ${JSON.stringify(required)},
  bindings: ${JSON.stringify(bindings)},${textured ? `\n  textures: ${texturesText},` : ''}
  params: ${JSON.stringify(params)},
  constants: ${JSON.stringify(constants)},${sizes ? `\n  sizes: ${JSON.stringify(sizes)},` : ''}
  code: ${start ? `${JSON.stringify(start)} + text` : 'text'},
};
`;
}

// An override in @workgroup_size leaves NaN behind: its value is then known only at dispatch.
const workgroupSize = (entry) => entry.workgroupSize.map((size) => (Number.isInteger(size) ? size : 0));

/**
 * Removes the modules of deleted kernels, and what is left of deleted ops' folders: git tracks neither, and they would
 * be compiled and kept in turbo's cache.
 */
function removeStale() {
  for (const file of readdirSync(source, { recursive: true }))
    if (file.endsWith('.wgsl.ts') && !existsSync(join(source, file.slice(0, -3)))) rmSync(join(source, file));
  for (const op of readdirSync(opsFolder))
    if (readdirSync(join(opsFolder, op)).length === 0) rmSync(join(opsFolder, op), { recursive: true });
}

const moduleText = (op, file) => readFileSync(join(opsFolder, op, file), 'utf8');

/** The `Gradient`s that an op's modules export. Throws where an op has none and does not say why. */
function gradientsOf(op, files) {
  return files
    .filter((file) => file.endsWith('.ts') && !/\.(wgsl|cases|reference|test)\.ts$/.test(file))
    .flatMap((file) => {
      const text = moduleText(op, file);
      const found = [...text.matchAll(/^export const (\w+): Gradient<.*\n {2}of: (\w+),$/gm)];
      for (const [, name, body] of text.matchAll(/^(?:export )?const (\w+): OpDefinition<.*\n([\s\S]*?)\n};$/gm)) {
        if (!/^ {2}noGradient: /m.test(body) && !found.some(([, , of]) => of === name))
          throw new Error(`${op}/${file}: ${name} has no Gradient, and does not say why (noGradient)`);
      }
      return found.map(([, name]) => ({ name, file: `${op}/${file}` }));
    });
}

/** Exports of an op in the public index: everything but its gradients, which nobody calls by name. */
function opExports(op) {
  const names = [
    ...moduleText(op, `${op}.ts`).matchAll(/^export (?:(type|interface)|const|function) (\w+)(: Gradient<)?/gm),
  ]
    .filter(([, , , gradient]) => !gradient)
    .map(([, type, name]) => (type ? `type ${name}` : name));
  names.push(...[...moduleText(op, `${op}.ts`).matchAll(/^export \{ (.*) \};$/gm)].map(([, list]) => list));
  return `export { ${names.join(', ')} } from '../ops/${op}/${op}.ts';\n`;
}

if (process.argv[1] === import.meta.filename) {
  removeStale();
  const ops = readdirSync(opsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const kernels = [...ops.map((op) => `ops/${op}`), 'textures'].flatMap((folder) =>
    readdirSync(join(source, folder))
      .filter(isKernel)
      .map((file) => {
        const path = join(source, folder, file);
        const text = expandIncludes(readFileSync(path, 'utf8'), dirname(path));
        return { file: `${folder}/${file}`, kernels: kernelsOf(text, file.slice(0, -5)) };
      }),
  );
  for (const { file, kernels: found } of kernels) writeFileSync(join(source, `${file}.ts`), kernelModule(file, found));
  const files = (op) => readdirSync(join(opsFolder, op));
  const withCases = ops.filter((op) => files(op).includes(`${op}.cases.ts`));
  mkdirSync(join(source, 'generated'), { recursive: true });
  const gradients = ops.flatMap((op) => gradientsOf(op, files(op)));
  writeFileSync(
    join(source, 'generated/ops.ts'),
    header('the folders in src/ops') + ops.map((op) => opExports(op)).join(''),
  );
  writeFileSync(
    join(source, 'generated/gradients.ts'),
    header('the folders in src/ops') +
      "import type { Gradient } from '../engine/op.ts';\n" +
      gradients.map(({ name, file }) => `import { ${name} } from '../ops/${file}';\n`).join('') +
      `\nexport const gradientTable: readonly Gradient<object>[] = [\n` +
      gradients.map(({ name }) => `  ${name},\n`).join('') +
      '];\n',
  );
  writeFileSync(
    join(source, 'generated/cases.ts'),
    header('the folders in src/ops') +
      withCases.map((op) => `import * as ${camelCase(op)} from '../ops/${op}/${op}.cases.ts';\n`).join('') +
      "import type { OpCases } from '../engine/case.ts';\n\n/** The cases of every op, by its name. */\n" +
      'export const allCases: Record<string, OpCases> = {\n' +
      withCases.map((op) => `  '${op}': ${camelCase(op)},\n`).join('') +
      '};\n',
  );
  writeFileSync(
    join(source, 'generated/kernels.ts'),
    header('the folders of kernels in src') +
      kernels
        .map(({ file, kernels: found }) => {
          const names = found.map(({ name }) => `${camelCase(name)}Kernel`);
          return `export { ${names.join(', ')} } from '../${file}.ts';\n`;
        })
        .join(''),
  );
  // Kernels, and the modules that launch them.
  const launched = (file) => /\.(wgsl|ts)$/.test(file) && !/\.(wgsl|cases|reference|test)\.ts$/.test(file);
  const hash = createHash('sha256');
  for (const op of ops)
    for (const file of files(op).filter(launched).sort()) hash.update(readFileSync(join(opsFolder, op, file)));
  writeFileSync(
    join(source, 'generated/fingerprint.ts'),
    `${header('the folders in src/ops')}
/** A hash of everything that a choice between kernels depends on: choices made under another hash do not hold. */
export const kernelsFingerprint: string = '${hash.digest('hex').slice(0, 16)}';\n`,
  );
}
