/** Bytes at the start of a file from which it is recognized. */
export const START_BYTES = 512;

/** What stands in the place of a file, by how it begins, and what to do. */
const STAND_INS: readonly [start: RegExp, what: string][] = [
  [/^$/, 'an empty file: download it again'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS: run `git lfs pull` in its repository to get the file itself'],
  [/^[^\n]*\/annex\/objects\//, 'a pointer of git-annex: run `git annex get` with its path to get the file itself'],
  [
    /^\s*<(!doctype|!--|html|head|body|script)/i,
    'a web page: the address leads to one. Open it in a browser and see; a server may answer so for what it lacks',
  ],
  [/^\s*<(\?xml|error|message)/i, "a server's message in XML: the address is wrong, or asks for a login"],
  [
    /^\s*\{\s*"(error|errors|message|detail|status|code)"\s*:/i,
    "a server's message in JSON: the address is wrong, or asks for a login",
  ],
];

const SAFETENSORS = 'a safetensors file: openSafetensors and `webcir weights convert` read it';
const TORCH = 'a PyTorch file: openTorch and `webcir weights convert` read it';
const COMPRESSED = 'a compressed file: unpack it first';

/** Files of other formats, by a few bytes and where they stand. */
const FORMATS: readonly [at: number, bytes: string, what: string][] = [
  [8, '{', SAFETENSORS], // after the length of the header
  [0, 'PK\x03\x04', TORCH],
  [0, '\x80', TORCH], // a pickle
  [0, '\x1f\x8b', 'a gzip file: unpack it first'],
  [0, 'BZh', COMPRESSED],
  [0, '\xfd7zXZ', COMPRESSED],
  [0, '7z\xbc\xaf', COMPRESSED],
  [0, '\x28\xb5\x2f\xfd', COMPRESSED], // zstd
  [257, 'ustar', 'a tar archive: unpack it first'],
];

/** One character per byte, after a byte order mark. */
const textOf = (start: Uint8Array): string =>
  String.fromCharCode(...start.subarray(0, START_BYTES)).replace(/^\xef\xbb\xbf/, '');

/**
 * What stands in the place of a file: an empty one, a pointer of Git LFS or git-annex, a web page, a server's message.
 * @param start its first `START_BYTES`, or all of it
 * @returns what it is and what to do, for errors; undefined if it is none of these
 */
export function standIn(start: Uint8Array): string | undefined {
  const text = textOf(start);
  return STAND_INS.find(([pattern]) => pattern.test(text))?.[1];
}

function formatOf(start: Uint8Array): string | undefined {
  const text = textOf(start);
  return FORMATS.find(([at, bytes]) => text.startsWith(bytes, at))?.[2];
}

/** The same, and files of formats that may have been taken for another. */
export const recognize = (start: Uint8Array): string | undefined => standIn(start) ?? formatOf(start);

/** The container that a file of weights begins as; undefined for all other files. */
export function containerOf(start: Uint8Array): 'safetensors' | 'torch' | undefined {
  const format = formatOf(start);
  if (format === SAFETENSORS) return 'safetensors';
  return format === TORCH ? 'torch' : undefined;
}
