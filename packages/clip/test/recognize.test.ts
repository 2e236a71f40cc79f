// Files that are not what they are taken for: every reader says what each is, and what to do.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { fetchVocabulary, openTorch, readSafetensors, readVocabulary } from '../src/index.ts';
import { fileSource, openClipModel, openWeights, readJson, readShardIndex, writeSafetensorsFile } from '../src/node.ts';
import { openSafetensors } from '../src/weights/safetensors.ts';
import { memorySource } from '../src/weights/source.ts';
import { fromFloat32 } from '../src/weights/weight-file.ts';
import { container } from './containers.ts';

const folder = await mkdtemp(join(tmpdir(), 'webcir-recognize-'));
afterAll(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 605157884\n';

/** What is no file of weights, nor any other that is read. */
const STAND_INS: readonly [string, Uint8Array<ArrayBuffer>, RegExp][] = [
  ['an empty file', bytes(''), /found an empty file: download it again/],
  ['a pointer of Git LFS', bytes(lfs), /found a pointer of Git LFS: run `git lfs pull` in its repository/],
  [
    'a pointer of git-annex',
    bytes('/annex/objects/SHA256E-s605157884--4d7a.safetensors\n'),
    /found a pointer of git-annex: run `git annex get`/,
  ],
  ['a web page', bytes('\ufeff\n<!DOCTYPE html>\n<html lang="en"><head></head></html>'), /found a web page/],
  ['a web page without a type', bytes('<html><body>Sign in</body></html>'), /found a web page/],
  ["a bucket's message", bytes('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>'), /message in XML/],
  ["a hub's message", bytes('{"error":"Repository not found"}'), /found a server's message in JSON.*a login/],
];

const at = (place: number, ...start: number[]): Uint8Array<ArrayBuffer> => {
  const content = new Uint8Array(1024);
  content.set(start, place);
  return content;
};

const FORMATS: readonly [string, Uint8Array<ArrayBuffer>, RegExp][] = [
  ['a gzip file', new Uint8Array(gzipSync(await container('views.pt'))), /found a gzip file: unpack it first/],
  ['an xz file', at(0, 0xfd, ...bytes('7zXZ')), /found a compressed file: unpack it first/],
  ['a zstd file', at(0, 0x28, 0xb5, 0x2f, 0xfd), /found a compressed file/],
  ['a tar archive', at(257, ...bytes('ustar')), /found a tar archive: unpack it first/],
];

const readers: readonly [string, string, (path: string, content: Uint8Array<ArrayBuffer>) => Promise<unknown>][] = [
  ['openSafetensors', 'x', (_, content) => openSafetensors(memorySource(content, 'x'))],
  ['readSafetensors', 'safetensors', async (_, content) => readSafetensors(content)],
  ['openTorch', 'x', (_, content) => openTorch(memorySource(content, 'x'))],
  ...['x.safetensors', 'x.pt', 'x.bin', 'x.safetensors.index.json'].map(
    (name): [string, string, (path: string) => Promise<unknown>] => [`openWeights of ${name}`, name, openWeights],
  ),
  ['openClipModel', 'model.safetensors', (path) => openClipModel(path)],
  ['readShardIndex', 'i.json', async (path) => readShardIndex(await fileSource(path))],
];

describe.each(readers)('%s', (_, name, read) => {
  test.each([...STAND_INS, ...FORMATS])('says that it found %s', async (_, content, message) => {
    const path = join(folder, name);
    await writeFile(path, content);
    const error: Error = await read(path, content).then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    );
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`${name}: `);
  });
});

test('a vocabulary and a configuration are told from what stands in their place', async () => {
  for (const [, content, message] of STAND_INS) {
    await expect(readVocabulary(content)).rejects.toThrow(message);
    const path = join(folder, 'config.json');
    await writeFile(path, content);
    if (content[0] !== '{'.charCodeAt(0)) await expect(readJson(path)).rejects.toThrow(message);
  }
});

test('an address that leads to a page instead of the vocabulary is named', async () => {
  await expect(fetchVocabulary('data:text/html,<!doctype html>')).rejects.toThrow(
    /^data:text\/html.* found a web page/,
  );
});

test('weights are opened by what they are, not by their name', async () => {
  const torch = join(folder, 'torch.safetensors');
  await writeFile(torch, await container('views.pt'));
  expect((await openWeights(torch)).format).toBe('PyTorch (zip)');
  const legacy = join(folder, 'legacy.safetensors');
  await writeFile(legacy, await container('views-legacy.pt'));
  expect((await openWeights(legacy)).format).toBe('PyTorch (before 1.6)');
  for (const name of ['safetensors.pt', 'safetensors.bin']) {
    const path = join(folder, name);
    const tensors = new Map([['w', fromFloat32(Float32Array.of(1), [1])]]);
    await writeSafetensorsFile(path, { tensors, metadata: new Map() });
    expect((await openWeights(path)).format).toBe('safetensors');
    const source = await fileSource(path);
    await expect(openTorch(source)).rejects.toThrow(`${path}: expected a PyTorch file, found a safetensors file`);
  }
  await expect(openSafetensors(await fileSource(torch))).rejects.toThrow(
    /torch\.safetensors: safetensors: expected a safetensors file, found a PyTorch file: openTorch and `webcir weights/,
  );
});

test('a header of 640 bytes, which begins as a pickle does, is one of safetensors', async () => {
  const path = join(folder, 'long.safetensors');
  const name = 'w'.repeat(640 - '{"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.length);
  await writeSafetensorsFile(path, {
    tensors: new Map([[name, fromFloat32(Float32Array.of(1), [1])]]),
    metadata: new Map(),
  });
  expect([...(await openWeights(path)).tensors.keys()]).toEqual([name]);
});

test('folders, and links that lead nowhere, are named', async () => {
  const empty = join(folder, 'empty');
  await mkdir(empty);
  await expect(openWeights(empty)).rejects.toThrow(/empty: expected one of model\.safetensors/);
  await expect(fileSource(empty)).rejects.toThrow('expected a file, found a folder');
  const annexed = join(folder, 'annexed.pt');
  await symlink('.git/annex/objects/x/y/SHA256E-s3--4d.pt', annexed);
  await expect(openWeights(annexed)).rejects.toThrow(/annexed\.pt: .* which is not there: run `git annex get`/);
  const lost = join(folder, 'lost.pt');
  await symlink('nowhere.pt', lost);
  await expect(openWeights(lost)).rejects.toThrow('found a link to nowhere.pt, which is not there: make it anew');
});
