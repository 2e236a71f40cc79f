// Captions and tokens.
export default [
  {
    name: 'caption-order',
    file: 'packages/data/src/captions.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a module
    from: '`${capitalize(second)} and ${first}`',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a module
    to: '`${capitalize(first)} and ${second}`',
    means: '"second and first" is never drawn',
    tests: ['data/test/captions'],
  },
  {
    name: 'caption-strip',
    file: 'packages/data/src/captions.ts',
    from: '/^[.?, ]+|[.?, ]+$/g',
    to: '/^[.?!, ]+|[.?!, ]+$/g',
    means: 'an exclamation mark goes off the ends of captions, too',
    tests: ['data/test/captions'],
  },
  {
    name: 'eval-caption',
    file: 'packages/data/src/captions.ts',
    from: 'trainCaption(captions, 0);',
    to: 'trainCaption(captions, 0.5);',
    means: 'evaluation with the first caption only',
    tests: ['data/test/captions'],
  },
  {
    name: 'word-end',
    file: 'packages/clip/src/tokenizer/tokenizer.ts',
    from: 'ids[ids.length - 1] += 256;',
    to: 'ids[0] += 256;',
    means: 'the mark of the end of a word on its first letter',
    tests: ['clip/test/tokenizer'],
  },
  {
    name: 'truncated-end',
    file: 'packages/clip/src/tokenizer/row.ts',
    from: 'ids.slice(0, context - start.length - 1)',
    to: 'ids.slice(0, context - start.length)',
    means: 'a truncated text without its end',
    tests: ['clip/test/tokenizer'],
  },
];
