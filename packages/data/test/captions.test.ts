import { describe, expect, it } from 'vitest';
import { capitalize, evalCaption, stripCaption, trainCaption, trainCaptionForms } from '../src/index.ts';

// The right-hand sides were printed by Python 3.11.
describe('captions as Python treats them', () => {
  it.each([
    ['is darker.', 'is darker'],
    [' . is it? , ', 'is it'],
    ['.?, ', ''],
    ['!is red!', '!is red!'],
    ['(is red; long:)', '(is red; long:)'],
    ['\tis shiny!\n', '\tis shiny!\n'],
    ['has 3.5" hem. And a v-neck?.', 'has 3.5" hem. And a v-neck'],
  ])('strip(".?, ") of %j', (text, expected) => {
    expect(stripCaption(text)).toBe(expected);
  });

  it.each([
    ['is Darker and has a V-NECK', 'Is darker and has a v-neck'],
    ['', ''],
    ['ÉTÉ ombré', 'Été ombré'],
    ['ßa Straße', 'Ssa straße'],
    ['ǆABC', 'ǅabc'],
    ['ǄABC', 'ǅabc'],
    ['ﬁne FIT', 'Fine fit'],
    ['ΟΔΟΣ', 'Οδος'],
    ['😀 SMILE', '😀 smile'],
    ['3/4 Sleeves', '3/4 sleeves'],
  ])('capitalize of %j', (text, expected) => {
    expect(capitalize(text)).toBe(expected);
  });
});

describe('caption forms of CLIP4Cir', () => {
  const captions = ['is Darker, ', 'Has longer sleeves.'];
  const forms = [
    'Is darker and Has longer sleeves',
    'Has longer sleeves and is Darker',
    'Is darker',
    'Has longer sleeves',
  ];

  it('evaluates with "First and second"', () => {
    expect(evalCaption(captions)).toBe(forms[0]);
  });

  it.each([
    [0, 0],
    [0.2499, 0],
    [0.25, 1],
    [0.4999, 1],
    [0.5, 2],
    [0.7499, 2],
    [0.75, 3],
    [0.9999, 3],
  ])('trains with four equally likely forms: r = %f gives form %i', (r, form) => {
    expect(trainCaption(captions, r)).toBe(forms[form]);
  });

  it('lists the forms once each', () => {
    expect(trainCaptionForms(captions)).toEqual(forms);
    expect(trainCaptionForms(['Show three bottles.'])).toEqual(['Show three bottles.']);
  });

  it('leaves a single caption (CIRR) as it is, and takes no more than two', () => {
    expect(evalCaption(['Show Three bottles. '])).toBe('Show Three bottles. ');
    expect(() => evalCaption(['a', 'b', 'c'])).toThrow('expected one or two captions, found 3');
    expect(() => trainCaption([], 0)).toThrow('found 0');
  });
});
