// Loops in kernel texts: what they become, and the errors for wrong ones.
import { expect, it } from 'vitest';
import { unroll } from '../src/engine/unroll.ts';

/** An expression as kernel texts have it. */
const expression = (text: string) => ['$', '{', text, '}'].join('');

it('repeats lines with the value of the loop, and leaves others alone', () => {
  expect(unroll('a\n#for i in 0..3\nb$i;\n#end\nc')).toBe('a\nb0;\nb1;\nb2;\nc');
  expect(unroll('#for i in 0..0\nb\n#end')).toBe('');
});

it('nests, with bounds of outer variables', () => {
  const text = `#for i in 1..3\n  #for j in $i..${expression('2*i')}\n$i$j\n  #end\n#end`;
  expect(unroll(text)).toBe('11\n22\n23');
});

it('takes sums, products, quotients and remainders, cut to whole numbers in the end', () => {
  const value = (text: string) => unroll(expression(text), { m: 7, n: 2 });
  expect(value('4*m+1')).toBe('29');
  expect(value('m - n - 1')).toBe('4');
  expect(value('m/n')).toBe('3');
  expect(value('m/n*2')).toBe('7'); // 3.5 twice
  expect(value('m*n/(8*n)')).toBe('0');
  expect(value('(m+1)%4+n*(m-n)')).toBe('10');
});

it('puts words in, too', () => {
  expect(unroll('alias Element = $element;', { element: 'f16' })).toBe('alias Element = f16;');
});

it.each([
  ['a\n#for i in 0..2\nb', 'line 2: #for without #end'],
  ['a$i', 'line 1: $i is no variable here; there are: m'],
  [expression('4*k'), 'line 1: $k is no variable here'],
  [expression('(m+1'), `line 1: ${expression('(m+1')}: a parenthesis is not closed`],
  [expression('m m'), `line 1: ${expression('m m')}: m is not expected`],
  [expression('m+'), 'line 1: $ is no variable here'],
])('%j is refused', (text, message) => {
  expect(() => unroll(text, { m: 1 })).toThrow(message);
});
