import { expect, it } from 'vitest';
import { expectFolderPlace, isFolder, nameOfPlaces, parsePlaces } from '../src/commands/store/place.ts';

it('reads where a store is', () => {
  expect(parsePlaces('gallery')).toEqual([{ kind: 'folder', name: 'gallery' }]);
  expect(parsePlaces('pglite:a/b?table=x&hnsw')).toEqual([
    { kind: 'pglite', name: 'pglite:a/b?table=x&hnsw', folder: 'a/b', in: { table: 'x', hnsw: {} } },
  ]);
  const [one, other] = parsePlaces(
    'postgres://me:secret@db1:5433/g?sslmode=require&table=x&hnsw=200,postgresql://db2/g',
  );
  expect(one).toEqual({
    kind: 'postgres',
    name: 'postgres://me@db1:5433/g?sslmode=require&table=x&hnsw=200',
    url: 'postgres://me:secret@db1:5433/g?sslmode=require',
    in: { table: 'x', hnsw: { efSearch: 200 } },
  });
  expect(other).toMatchObject({ kind: 'postgres', url: 'postgresql://db2/g', in: {} });
  expect(isFolder('.')).toBe(true);
  expect(isFolder('a,b')).toBe(false);
});

it('names places without what is secret in them', () => {
  const named = 'postgres://me:sec%20ret@h/d?sslpassword=sec%20ret,postgres://x:sec%20ret@i/d';
  expect(nameOfPlaces(named)).toBe('postgres://me@h/d?sslpassword=%E2%80%A6,postgres://x@i/d');
  for (const wrong of ['postgres://me:secret@h:x/d', 'postgres://me:secret@h/d?hnsw=0', 'postgres://me:secret@h/d,'])
    expect(() => parsePlaces(wrong)).toThrow(/^(?!.*secret)/s);
  expect(() => expectFolderPlace('postgres://me:secret@h/d', 'not for it')).toThrow('postgres://me@h/d: not for it');
  expect(() => parsePlaces('pglite:')).toThrow(/expected the folder/);
});
