import type { EmojiAttributes } from '../../src/emoji.ts';
import { colourOf } from './colours.ts';
import { colourCorrections } from './corrections.ts';
import { handOf } from './hands.ts';
import { personOf } from './people.ts';
import { type Pixels, readPixels } from './pixels.ts';
import { type Emoji, readEmoji } from './source.ts';
import { kindOf } from './things.ts';
import { skinOf } from './tones.ts';

/** An image of the set. */
export interface LabelledEmoji extends Emoji {
  readonly pixels: Pixels;
  readonly attributes: EmojiAttributes;
}

/**
 * The emoji that belong to the set: people, hands and other parts of the body in all skin tones, and things of one
 * colour.
 * @throws where a correction is about no emoji
 */
export async function labelEmoji(folder: string): Promise<LabelledEmoji[]> {
  const all = readEmoji(folder);
  const labels = new Set(all.map(({ label }) => label));
  const unknown = Object.keys(colourCorrections).filter((label) => !labels.has(label));
  if (unknown.length) throw new Error(`corrections.ts: no emoji is called ${unknown.join(', ')}`);
  const labelled: LabelledEmoji[] = [];
  for (const emoji of all) {
    const attributes = shownAttributes(emoji);
    if (!attributes) continue;
    const pixels = await readPixels(emoji.file);
    const colour = attributes.skin === undefined ? coloured(emoji, pixels) : {};
    if (colour) labelled.push({ ...emoji, pixels, attributes: { ...attributes, ...colour } });
  }
  return labelled;
}

/** All but a thing's colour. */
function shownAttributes(emoji: Emoji): EmojiAttributes | undefined {
  const person = personOf(emoji);
  if (person) return { kind: 'person', ...person, skin: skinOf(emoji) };
  const hand = handOf(emoji);
  if (hand) return { kind: 'hand', name: hand, skin: skinOf(emoji) };
  const kind = kindOf(emoji);
  return kind === undefined ? undefined : { kind, name: emoji.label };
}

function coloured({ label }: Emoji, pixels: Pixels): { colour: string } | undefined {
  const colour = Object.hasOwn(colourCorrections, label) ? colourCorrections[label] : colourOf(pixels);
  return colour && { colour };
}
