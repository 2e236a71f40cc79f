import { numbers } from '../measure/numbers.ts';

/**
 * Token rows of seeded captions with FashionIQ's lengths. Two captions of 5.3 words each on average are joined by
 * 'and', between the start- and the end-of-text token: 3 tokens, and words drawn from 2 + Poisson(8.6), so that the
 * longest of 32 has 20 tokens on average, as in FashionIQ. Shortest first, as training sorts a batch.
 * @param vocabulary rows of the token table; the last is the end-of-text token
 */
export function captions(count: number, vocabulary: number): number[][] {
  const draws = numbers('captions', count);
  const texts = Array.from(draws, (draw, text) => {
    const words = Math.min(74, 2 + poisson(8.6, (draw + 1) / 2)) + 1;
    const rows = Array.from(numbers(`caption ${text}`, words), (value) =>
      Math.floor(((value + 1) / 2) * (vocabulary - 2)),
    );
    return [vocabulary - 2, ...rows, vocabulary - 1];
  });
  return texts.sort((a, b) => a.length - b.length);
}

/** The inverse of the Poisson distribution at `share`. */
function poisson(mean: number, share: number): number {
  let probability = Math.exp(-mean);
  let below = probability;
  let value = 0;
  while (below < share && value < 74) {
    value++;
    probability *= mean / value;
    below += probability;
  }
  return value;
}
