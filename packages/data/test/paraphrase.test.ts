import { describe, expect, it } from 'vitest';
import { evalCaption, paraphrase, seededRandom } from '../src/index.ts';
import { openEmbeddedFromPackage } from '../src/node.ts';
import { absolute, comparative } from '../src/phrases.ts';

const many = (caption: string) =>
  new Set(Array.from({ length: 40 }, (_, seed) => paraphrase(caption, seededRandom(seed))));

describe('paraphrase', () => {
  it('says the same in other words, and keeps the rest', () => {
    const said = many('Is darker and has thin straps');
    expect(said.size).toBeGreaterThan(5);
    for (const caption of said) {
      const [, tone, straps] = /^Is (.*?) and has (.*)$/.exec(caption!)!;
      expect(comparative.tone.less.is).toContain(tone);
      expect(tone).not.toBe('darker');
      expect(absolute.sleeves.straps.has).toContain(straps);
      expect(straps).not.toBe('thin straps');
    }
  });

  it('takes the longest phrase, and a capital stays one', () => {
    for (const caption of many('Dark grey')) {
      expect(caption).toMatch(/^[A-Z]/);
      expect(absolute.tone.dark.is).toContain(caption![0].toLowerCase() + caption!.slice(1));
    }
  });

  it('leaves alone what may mean several things, and knows none of what is not of the templates', () => {
    expect(many('is more fitted')).toEqual(new Set([undefined])); // of the body or of the skirt
    expect(many('shows two dogs on a lawn')).toEqual(new Set([undefined]));
  });

  it('finds another way to say nearly every caption of the embedded set', async () => {
    const dataset = await openEmbeddedFromPackage();
    const captions = dataset.triplets('val').map((triplet) => evalCaption(triplet.captions));
    const random = seededRandom(1);
    const said = captions.map((caption) => paraphrase(caption, random));
    const changed = said.filter((caption, i) => caption !== undefined && caption !== captions[i]);
    expect(changed.length / captions.length).toBeGreaterThan(0.9);
  });
});
