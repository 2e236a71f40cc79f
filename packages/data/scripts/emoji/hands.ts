import type { Emoji } from './source.ts';

/**
 * Hands and other parts of the body as captions call them, by Unicode's names. Those that differ from another one by
 * left and right alone are left out: stage 0 mirrors images.
 */
const names: Readonly<Record<string, string>> = {
  'waving hand': 'a waving hand',
  'raised back of hand': 'the back of a raised hand',
  'hand with fingers splayed': 'a hand with fingers splayed',
  'raised hand': 'a raised hand with closed fingers',
  'vulcan salute': 'a vulcan salute',
  'palm down hand': 'a hand with the palm down',
  'palm up hand': 'a hand with the palm up',
  'OK hand': 'an OK sign',
  'pinched fingers': 'pinched fingers',
  'pinching hand': 'a pinching hand',
  'victory hand': 'a victory sign',
  'crossed fingers': 'crossed fingers',
  'hand with index finger and thumb crossed': 'index finger and thumb crossed',
  'love-you gesture': 'a love-you gesture',
  'sign of the horns': 'the sign of the horns',
  'call me hand': 'a call me sign',
  'backhand index pointing down': 'a finger that points down',
  'index pointing at the viewer': 'a finger that points at the viewer',
  'thumbs up': 'a thumbs up',
  'thumbs down': 'a thumbs down',
  'raised fist': 'a raised fist',
  'oncoming fist': 'an oncoming fist',
  'clapping hands': 'clapping hands',
  'raising hands': 'two raised hands',
  'heart hands': 'hands in the shape of a heart',
  'open hands': 'two open hands',
  'palms up together': 'two palms up together',
  'folded hands': 'folded hands',
  'writing hand': 'a writing hand',
  'nail polish': 'fingers with nail polish',
  selfie: 'a hand with a phone',
  'flexed biceps': 'an arm with flexed biceps',
  leg: 'a leg',
  foot: 'a foot',
  ear: 'an ear',
  'ear with hearing aid': 'an ear with a hearing aid',
  nose: 'a nose',
};

/** What a caption calls a hand, or another part of the body, that comes in all skin tones. */
export const handOf = ({ label, subgroup }: Emoji): string | undefined =>
  /^hand|^body-parts$/.test(subgroup) && Object.hasOwn(names, label) ? names[label] : undefined;
