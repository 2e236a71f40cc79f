// What a stranger gets: the packages packed, installed into empty projects, compiled, run and bundled there.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as esbuild, transform } from 'esbuild';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publicPackages } from '../lib/packages.mjs';
import { diskUsage, examplesOf, installInto, lend, packAll, publicImports } from '../lib/packed.mjs';
import { root, run, runTool } from '../lib/run.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'packages-'));
const page = join(scratch, 'page');
const server = join(scratch, 'server');
let tarballs;

beforeAll(async () => {
  tarballs = await packAll(scratch);
  await installInto(
    page,
    [...tarballs]
      .filter(([name]) => name !== '@webcir/serve' && !name.startsWith('@webcir/embedded'))
      .map(([, tarball]) => tarball),
  );
  await installInto(server, [...tarballs.values()]);
  lend(server, 'webgpu', 'packages/kernels');
  lend(server, 'sharp', 'packages/clip');
  for (const project of [page, server]) lend(project, '@types/node');
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a tarball', () => {
  it.each(publicPackages().map(({ manifest }) => manifest.name))('%s is well made', async (name) => {
    const tarball = tarballs.get(name);
    const checks = await Promise.all([
      runTool('publint', 'publint', ['--strict', tarball]),
      runTool('@arethetypeswrong/cli', 'attw', ['--profile', 'esm-only', tarball]),
    ]);
    for (const { code, output } of checks) expect(code, output).toBe(0);
    const { stdout } = await run('tar', ['-tzf', tarball]);
    const files = stdout.toString().trim().split('\n');
    expect(files).toEqual(expect.arrayContaining(['package/LICENSE', 'package/README.md', 'package/package.json']));
    expect(files.filter((file) => /^package\/(src|test)\/|\.map$/.test(file))).toEqual([]);
    // Paths in comments say where code comes from.
    const { stdout: code } = await run('tar', ['-xzOf', tarball, 'package/dist']);
    const hasOthers = /^\/\/ .*node_modules\//m.test(code.toString());
    expect(files.includes('package/dist/THIRD-PARTY-LICENSES.txt')).toBe(hasOthers);
    const { stdout: text } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
    expect(text.toString()).not.toMatch(/workspace:|webcir-source|devDependencies/);
  });
});

describe('npm pack', () => {
  it('makes the tarball that pnpm makes, and leaves the workspace as it was', async () => {
    const folder = join(root, 'packages/combiner');
    const before = readFileSync(join(folder, 'package.json'), 'utf8');
    const out = join(scratch, 'npm');
    mkdirSync(out);
    const packed = await run('npm', ['pack', '--offline', '--pack-destination', out], { cwd: folder });
    expect(packed.code, packed.output).toBe(0);
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe(before);
    expect(readdirSync(folder)).not.toContain('LICENSE');
    const ours = tarballs.get('@webcir/combiner');
    const contents = async (tarball) => {
      const { stdout: files } = await run('tar', ['-tzf', tarball]);
      const { stdout: manifest } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
      return { files: files.toString().trim().split('\n').sort(), manifest: JSON.parse(manifest.toString()) };
    };
    expect(await contents(join(out, basename(ours)))).toEqual(await contents(ours));
  });
});

describe('a project in TypeScript', () => {
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false'];
  const compile = (files, ...options) =>
    runTool(
      'typescript',
      'tsc',
      ['--noEmit', ...strict, '--target', 'es2022', '--types', 'node', ...options, ...files],
      {
        cwd: server,
      },
    );

  beforeAll(() => {
    const all = publicImports();
    writeFileSync(join(server, 'all.ts'), all.map((path, i) => `export * as entry${i} from '${path}';\n`).join(''));
    for (const { folder } of publicPackages()) {
      for (const [i, code] of examplesOf(folder).entries())
        writeFileSync(join(server, `${basename(folder)}.${i}.ts`), code);
    }
  });

  it.each([
    ['bundler', 'esnext', 'es2023,dom'],
    ['node16', 'node16', 'es2023'],
  ])('compiles every entry and example with moduleResolution %s', async (resolution, module, lib) => {
    const files = readdirSync(server).filter((name) => name.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(publicPackages().length);
    const options = ['--module', module, '--moduleResolution', resolution, '--lib', lib];
    expect((await compile(files, ...options)).output).toBe('');
  });
});

describe('a project in Node', () => {
  it('can import every entry, and runs every example to the output that it shows', async () => {
    mkdirSync(join(server, 'images'));
    const { compressImage } = await import(join(server, 'node_modules/@webcir/clip/dist/node.js'));
    for (const [i, shade] of [30, 120, 220, 90].entries()) {
      const image = { width: 40, height: 56, channels: 3, data: new Uint8Array(40 * 56 * 3).fill(shade) };
      writeFileSync(join(server, 'images', `${i}.png`), await compressImage(image, { format: 'png' }));
    }
    for (const name of ['._0.png', '.DS_Store', 'Thumbs.db']) writeFileSync(join(server, 'images', name), '');
    const programs = [
      [
        publicImports()
          .map((path) => `await import('${path}');\n`)
          .join(''),
        'all.mjs',
      ],
    ];
    for (const { folder } of publicPackages()) {
      const examples = examplesOf(folder);
      expect(examples.length, `${folder}/README.md has no example`).toBeGreaterThan(0);
      programs.push(...examples.map((code, i) => [code, `${basename(folder)}.${i}.mjs`]));
    }
    for (const [code, file] of programs) {
      writeFileSync(join(server, file), (await transform(code, { loader: 'ts' })).code);
      const { code: status, stdout, output } = await run(process.execPath, [file], { cwd: server });
      expect(status, output).toBe(0);
      expect(stdout.toString(), file).toBe(
        [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, shown]) => `${shown}\n`).join(''),
      );
    }
  });

  it('hears in one line what a command needs that is not there, before any work', async () => {
    const versions = (folder) => JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
    const { devDependencies } = versions('webcir');
    const packages =
      `webgpu@${devDependencies.webgpu} sharp@${devDependencies.sharp} ` +
      `@webcir/embedded@${versions('embedded').version}`;
    const env = { NO_COLOR: '1' }; // picocolors takes CI=1 for a wish for colours
    const command = await run('npx', ['--offline', 'webcir', 'train', '--name', 'mine'], { cwd: page, env });
    expect(command.output).toContain(`error: webcir train needs more than webcir: npm install ${packages}\n`);
    expect(command.code).toBe(1);
    expect(readdirSync(page)).not.toContain('runs');
    const emoji = ['train', '--dataset', 'emoji-cir', '--clip-model-path', 'clip.pt'];
    const { output } = await run('npx', ['--offline', 'webcir', ...emoji], { cwd: page, env });
    expect(output).toContain(`@webcir/embedded-emoji@${versions('embedded-emoji').version}\n`);
    expect(output).not.toContain('@webcir/embedded@');
  });

  it.each([
    ["(await import('webcir')).openDevice()", 'Node needs Dawn for WebGPU: npm install webgpu@'],
    ["(await import('webcir/node')).decodeImage('x.png')", 'Node needs sharp for image files: npm install sharp@'],
    ["(await import('webcir/node')).Retriever.load()", 'npm install @webcir/embedded@'],
  ])('%s says what to install', async (code, message) => {
    const { output } = await run(process.execPath, ['--input-type=module', '-e', `await ${code}`], { cwd: page });
    expect(output).toContain(`MissingPackageError: `);
    expect(output).toContain(message);
  });
});

describe('a page', () => {
  // All that a search needs: weights out of safetensors, the tokenizer, both encoders, the Combiner, the ranking.
  const source = `
    import { Retriever } from 'webcir';
    globalThis.retriever = await Retriever.load({
      clip: 'clip.safetensors',
      combiner: 'combiner.safetensors',
      tokenizer: 'vocabulary.gz',
    });
    const gallery = await retriever.index(globalThis.images);
    globalThis.found = await retriever.search(gallery, { image: globalThis.image, text: 'is darker' });
  `;
  const bundle = {};

  beforeAll(async () => {
    writeFileSync(join(page, 'main.js'), source);
    writeFileSync(join(page, 'index.html'), '<script type="module" src="/main.js"></script>');
    const { outputFiles, metafile } = await esbuild({
      entryPoints: [join(page, 'main.js')],
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      metafile: true,
      outdir: 'out',
    });
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
    bundle.esbuild = outputFiles.map(({ text }) => text).join('\n');
    const { output } = await vite({ root: page, logLevel: 'error', build: { write: false, target: 'es2022' } });
    bundle.vite = output
      .filter(({ type }) => type === 'chunk')
      .map(({ code }) => code)
      .join('\n');
  }, 60_000);

  it.each(['vite', 'esbuild'])('has no trace of Node in what %s makes', (name) => {
    expect(bundle[name].match(/["'`](?:node:\w+|sharp)["'`]|createRequire|worker_threads/g)).toBeNull();
    expect(bundle[name].match(/(?:\bfrom|\bimport)\s*\(?\s*["'`].{40}/g)).toBeNull();
  });

  it.each(['vite', 'esbuild'])('searches with at most 80 kB (gzip) and no backward kernel from %s', (name) => {
    expect(bundle[name].match(/[\w.-]*\.backward[\w.-]*/g)).toBeNull();
    expect(gzipSync(bundle[name], { level: 9 }).length).toBeLessThanOrEqual(80_000);
  });

  it('has less than 6.3 MB in node_modules', () => {
    rmSync(join(page, 'node_modules/@types'), { recursive: true });
    expect(diskUsage(join(page, 'node_modules'))).toBeLessThan(6.3e6);
  });
});
