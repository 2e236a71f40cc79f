import { createHash } from 'node:crypto';

/**
 * Which of some parts an image belongs to, from 0 on: by its id alone, so that it stays there when others come and go. The
 * hash is one of the number of parts, too, so that a part of another number is known by its images: by the id alone, two of
 * four parts would look like all of two.
 */
export const partOf = (id: string, parts: number): number =>
  createHash('sha256').update(`${parts} ${id}`).digest().readUInt32LE(0) % parts;
