// Kernel text as it ships: names, lines and the space between words stay, comments, indentation and the space around
// operators go.
import { readFile } from 'node:fs/promises';

/** A plugin of esbuild that makes `*.wgsl` and the modules made from them lean. */
export const leanWgsl = {
  name: 'lean-wgsl',
  setup(build) {
    build.onLoad({ filter: /\.wgsl$/ }, async ({ path }) => ({
      contents: lean(await readFile(path, 'utf8')),
      loader: 'text',
    }));
    build.onLoad({ filter: /\.wgsl\.ts$/ }, async ({ path }) => {
      const module = await readFile(path, 'utf8');
      const line = /^(const text = )(".*");$/m;
      if (!module.match(line)) throw new Error(`${path} has no line "const text = …", as generate.mjs writes it`);
      const shorter = module.replace(line, (_, start, text) => `${start}${JSON.stringify(lean(JSON.parse(text)))};`);
      return { contents: shorter, loader: 'ts' };
    });
  },
};

/** WGSL has no strings, so that `//` and `/*` always begin a comment; comments of the second kind nest. */
export function lean(text) {
  const lines = withoutBlockComments(text)
    .split('\n')
    .map((line) => withoutSpaces(line.replace(/\/\/.*/, '').trim()));
  return `${lines.filter(Boolean).join('\n')}\n`;
}

/** Directives and declarations of bindings are read by the engine as they are written. */
const isRead = /^(#|@group|enable |diagnostic)/;

function withoutSpaces(line) {
  if (isRead.test(line)) return line;
  return line.replace(/ ?([,;:{}()]) ?/g, '$1').replace(/(?<!>) ([-+*/%<>&|^=!]+) (?![-+*/&!~])/g, '$1'); // a - -b and a / *p are no comment and no decrement
}

function withoutBlockComments(text) {
  let out = '';
  let depth = 0;
  let inLine = false;
  for (let i = 0; i < text.length; i++) {
    const two = text.slice(i, i + 2);
    if (depth === 0 && two === '//') inLine = true;
    if (text[i] === '\n') inLine = false;
    if (!inLine && two === '/*') {
      depth++;
      i++;
    } else if (depth > 0 && two === '*/') {
      // A space, since what stood on both sides of the comment must stay two words.
      if (--depth === 0) out += ' ';
      i++;
    } else if (depth === 0) out += text[i];
  }
  return out;
}
