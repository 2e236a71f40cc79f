import { describe, expect, it } from 'vitest';
import { queryText, type Triplet } from '../src/index.ts';

const triplet: Triplet = { id: '12', category: 'all', reference: '1', captions: ['has $& two dogs'] };
const sharedConcept = 'a person on a sofa';

describe('the text of a query', () => {
  it('is the caption, or a template with the caption and the shared concept as they stand', () => {
    const query = { ...triplet, sharedConcept };
    expect(queryText(query, 'plain')).toBe('has $& two dogs');
    expect(queryText(query, 'searle')).toBe('a photo of $ that has $& two dogs');
    expect(queryText(query, 'magiclens')).toBe('find a person on a sofa but has $& two dogs');
    expect(queryText(query, 'bge-vl')).toBe('Find a picture that also a person on a sofa, but has $& two dogs');
  });

  it('names the triplet whose shared concept is wanted and missing', () => {
    expect(queryText(triplet, 'searle')).toContain('two dogs');
    expect(() => queryText(triplet, 'bge-vl')).toThrow('triplet 12 has no shared concept, which the text bge-vl names');
  });
});
