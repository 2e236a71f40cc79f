import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';

/** The lines of a text, which end in \n, \r\n or \r; nothing after the last end is no line. */
export function linesOf(text: string): string[] {
  const lines = text.split(LINE_END);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const LINE_END = /\r\n?|\n/;

/**
 * Reads a text file, without a byte order mark.
 * @throws naming the file when it is missing, and the line (from 1) that is not UTF-8 or holds a NUL byte
 */
export async function readTextFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${path} ${cause.code === 'ENOENT' ? 'is missing' : `cannot be read: ${cause.message}`}`, {
      cause,
    });
  });
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) throw new Error(`${path}, line 1: is UTF-16 text; save the file as UTF-8`);
  if (isUtf8(bytes) && !bytes.includes(0)) return new TextDecoder().decode(bytes);
  const lines = bytes.toString('latin1').split(LINE_END);
  const wrong = lines.findIndex((line) => line.includes('\0') || !isUtf8(Buffer.from(line, 'latin1')));
  const problem = lines[wrong].includes('\0') ? 'holds a NUL byte, as UTF-16 text does' : 'is not UTF-8 text';
  throw new Error(`${path}, line ${wrong + 1}: ${problem}; save the file as UTF-8`);
}
