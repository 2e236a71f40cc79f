// Writing in Node: files are replaced whole, links stay links, and what is no file is written to.
import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { expectFolder, expectWritable, writeFileAtomic } from '../src/node.ts';

const folders: string[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-files-'));
  folders.push(folder);
});
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true }))));

const bytes = (content: string) => new TextEncoder().encode(content);
const read = (path: string) => readFile(path, 'utf8');
const failing = function* () {
  yield bytes('ne');
  throw new Error('the source broke');
};

describe('writeFileAtomic', () => {
  it('replaces a file whole or not at all, and keeps its permissions', async () => {
    const path = join(folder, 'log');
    await writeFile(path, 'old', { mode: 0o600 });
    await expect(writeFileAtomic(path, failing())).rejects.toThrow(/^the source broke$/);
    expect(await read(path)).toBe('old');
    await writeFileAtomic(path, bytes('new'));
    expect(await read(path)).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['log']);
  });

  it('makes the folders that are missing', async () => {
    await writeFileAtomic(join(folder, 'a', 'b', 'file'), bytes('new'));
    expect(await read(join(folder, 'a', 'b', 'file'))).toBe('new');
  });

  it('follows links, also to a file that is not there yet, and leaves them links', async () => {
    await mkdir(join(folder, 'far'));
    await writeFile(join(folder, 'far', 'old'), 'old');
    await symlink('far', join(folder, 'near'));
    await symlink('old', join(folder, 'near', 'second'));
    for (const [name, target, ends] of [
      ['link', join('near', 'second'), 'old'],
      ['dangling', join('near', '..', 'far', 'missing'), 'missing'],
    ]) {
      const link = join(folder, name);
      await symlink(target, link);
      await writeFileAtomic(link, bytes(`by ${name}`));
      expect(await readlink(link)).toBe(target);
      expect(await read(join(folder, 'far', ends))).toBe(`by ${name}`);
      expect((await lstat(join(folder, 'far', ends))).isFile()).toBe(true);
    }
    expect((await lstat(join(folder, 'far', 'second'))).isSymbolicLink()).toBe(true);
  });

  it('says so where links lead in a circle', async () => {
    await symlink('a', join(folder, 'b'));
    await symlink('b', join(folder, 'a'));
    await expect(writeFileAtomic(join(folder, 'a'), bytes('x'))).rejects.toThrow(/ELOOP/);
  });

  it('writes into a pipe, also by a link, and leaves it a pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await symlink('pipe', join(folder, 'link'));
    const reader = spawn('cat', [pipe]);
    const [found] = await Promise.all([
      text(reader.stdout),
      writeFileAtomic(join(folder, 'link'), ['one, ', 'two'].map(bytes)),
    ]);
    expect(found).toBe('one, two');
    expect((await stat(pipe)).isFIFO()).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['link', 'pipe']);
  });

  it('writes to a device, and names it where it is full', async () => {
    // Links, so that a mistake would replace them and not the devices.
    for (const name of ['null', 'full']) await symlink(`/dev/${name}`, join(folder, name));
    await writeFileAtomic(join(folder, 'null'), bytes('lost'));
    const full = join(folder, 'full');
    await expect(writeFileAtomic(full, bytes('new'))).rejects.toThrow(
      `${full} cannot be written: ENOSPC: no space left on device, write; what was written before stays written`,
    );
    for (const name of ['null', 'full']) {
      expect(await readlink(join(folder, name))).toBe(`/dev/${name}`);
      expect((await stat(join(folder, name))).isCharacterDevice()).toBe(true);
    }
  });

  it('writes between the lines of a standard output that goes to a file, a pipe or a socket', async () => {
    const script = join(folder, 'script.mjs');
    const built = fileURLToPath(new URL('../dist/node.js', import.meta.url));
    await writeFile(
      script,
      `import { writeFileAtomic } from ${JSON.stringify(built)};
       const write = (text) => writeFileAtomic(process.argv[2], [Buffer.from(text)]);
       console.log('before'); await write('one\\n'); await write('two\\n'); console.log('after');`,
    );
    const expected = 'before\none\ntwo\nafter\n';
    const node = [process.execPath, script];
    expect((await promisify(execFile)(node[0], [node[1], '/dev/stdout'])).stdout).toBe(expected);
    const shell = (command: string) => promisify(execFile)('bash', ['-c', command, 'bash', ...node], { cwd: folder });
    expect((await shell('"$@" /dev/stdout | cat')).stdout).toBe(expected);
    await shell('"$@" /dev/stdout > file');
    expect(await read(join(folder, 'file'))).toBe(expected);
    await shell('"$@" /dev/fd/5 5> other > file');
    expect(await read(join(folder, 'other'))).toBe('one\ntwo\n');
    expect((await shell('"$@" >(cat) > file; wait $!')).stdout).toBe('one\ntwo\n');
  });
});

describe('the place of an output', () => {
  it('may be a file, one in folders to be made, a link to either, or a device', async () => {
    await writeFile(join(folder, 'file'), '');
    await symlink(join('a', 'file'), join(folder, 'link'));
    for (const path of ['file', 'new', join('a', 'b', 'file'), 'link']) await expectWritable(join(folder, path));
    await expectWritable('/dev/null');
    await expectWritable('/dev/stdout');
    await expectFolder(join(folder, 'a', 'b'));
    expect((await readdir(folder)).sort()).toEqual(['file', 'link']);
  });

  it('is refused where it is a folder, or lies in what is none', async () => {
    await writeFile(join(folder, 'file'), '');
    const below = join(folder, 'file', 'x', 'y');
    await expect(expectWritable(folder)).rejects.toThrow(`${folder} is a folder: name a file`);
    await expect(expectWritable(`${folder}/a/`)).rejects.toThrow(`${folder}/a/ is a folder: name a file`);
    for (const look of [expectWritable, expectFolder])
      await expect(look(below)).rejects.toThrow(`${below} cannot be written: ${join(folder, 'file')} is not a folder`);
  });

  // Root may write everywhere.
  it.skipIf(process.getuid?.() === 0)('is refused where the user may not write', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '', { mode: 0o400 });
    await expect(expectWritable(file)).rejects.toThrow(`${file} cannot be written: EACCES`);
    await chmod(folder, 0o500);
    await expect(expectWritable(join(folder, 'new'))).rejects.toThrow('new cannot be written: EACCES');
    await chmod(folder, 0o700);
  });
});
