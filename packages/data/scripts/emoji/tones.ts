import { emojiSkins } from '../../src/emoji.ts';
import type { Emoji } from './source.ts';

/** What the images show, by the tone in their file names: nearly all have medium and medium-light exchanged. */
const exchanged = [0, 1, 3, 2, 4, 5];
/** Emoji whose files are named otherwise, found on contact sheets. */
const others: Readonly<Record<string, readonly number[]>> = {
  technologist: [0, 1, 2, 3, 4, 5],
  'man technologist': [0, 1, 2, 3, 4, 5],
  'woman technologist': [0, 1, 2, 3, 4, 5],
};

/** The skin tone that an image shows, which is not the one of its file name. */
export const skinOf = ({ label, tone }: Emoji): string => emojiSkins[(others[label] ?? exchanged)[tone]];
