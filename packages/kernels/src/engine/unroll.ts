/** Values of `$name` in a kernel's text: loop variables, and the sizes of kernels that share a text. */
export type Variables = Readonly<Record<string, number | string>>;

/**
 * Unrolls the loops in a kernel's text: `#for m in 0..4` … `#end` repeats its lines with `$m` = 0, 1, 2, 3. WGSL
 * has no other way to loop over values that must be constant expressions (the lane of a subgroupShuffle, a named
 * register). Loops may nest, bounds may use outer variables, and `${4*m+1}` becomes the value of the expression.
 * Texts are shipped as written: unrolled they are three times as long.
 * @throws SyntaxError naming the line, if a loop has no end or an expression is malformed
 */
export function unroll(text: string, variables: Variables = {}): string {
  const lines = text.split('\n');
  const expand = (from: number, to: number, outer: Variables): string[] => {
    const out: string[] = [];
    for (let i = from; i < to; i++) {
      const loop = /^\s*#for (\w+) in (\S+)\.\.(\S+)\s*$/.exec(lines[i]);
      if (!loop) {
        out.push(substitute(lines[i], outer, i));
        continue;
      }
      const end = matchingEnd(lines, i);
      const [low, high] = [loop[2], loop[3]].map((bound) => Number(substitute(bound, outer, i)));
      for (let value = low; value < high; value++) out.push(...expand(i + 1, end, { ...outer, [loop[1]]: value }));
      i = end;
    }
    return out;
  };
  return expand(0, lines.length, variables).join('\n');
}

function matchingEnd(lines: readonly string[], start: number): number {
  for (let i = start + 1, depth = 1; i < lines.length; i++) {
    if (/^\s*#for /.test(lines[i])) depth++;
    if (/^\s*#end\s*$/.test(lines[i]) && --depth === 0) return i;
  }
  throw new SyntaxError(`line ${start + 1}: #for without #end`);
}

function substitute(line: string, variables: Variables, index: number): string {
  return line.replace(/\$(?:\{([^}]*)\}|([a-z]\w*))/g, (_, expression: string | undefined, name: string) => {
    try {
      return expression === undefined ? String(lookUp(name, variables)) : String(evaluate(expression, variables));
    } catch (cause) {
      throw new SyntaxError(`line ${index + 1}: ${(cause as Error).message}`, { cause });
    }
  });
}

function lookUp(name: string, variables: Variables): number | string {
  if (name in variables) return variables[name];
  throw new SyntaxError(`$${name} is no variable here; there are: ${Object.keys(variables).join(', ') || 'none'}`);
}

/** Sums and products of whole numbers, variables and parentheses, cut to a whole number. No `eval`: pages forbid it. */
function evaluate(expression: string, variables: Variables): number {
  const tokens = expression.match(/\d+|\w+|\S/g) ?? [];
  let at = 0;
  const factor = (): number => {
    const token = tokens[at++];
    if (token === '(') {
      const value = sum();
      if (tokens[at++] !== ')') throw new SyntaxError(`\${${expression}}: a parenthesis is not closed`);
      return value;
    }
    const value = /^\d/.test(token ?? '') ? Number(token) : Number(lookUp(token ?? '', variables));
    if (Number.isNaN(value)) throw new SyntaxError(`\${${expression}}: ${token} is no number`);
    return value;
  };
  const product = (): number => {
    let value = factor();
    while (/^[*/%]$/.test(tokens[at] ?? '')) {
      const operator = tokens[at++];
      const other = factor();
      value = operator === '*' ? value * other : operator === '/' ? value / other : value % other;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-') value += tokens[at++] === '+' ? product() : -product();
    return value;
  };
  const value = sum();
  if (at < tokens.length) throw new SyntaxError(`\${${expression}}: ${tokens[at]} is not expected`);
  return Math.trunc(value);
}
