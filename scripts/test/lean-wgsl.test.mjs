import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lean } from '../lib/lean-wgsl.mjs';
import { root } from '../lib/run.mjs';

it('leaves out comments, indentation and space, and keeps lines, names and directives', () => {
  const text = `// What it is: a /* b
enable f16; // needed

/* two
   lines /* nested */ */
@group(0) @binding(0) var<storage, read> x: array<stored4>; // [rows]
  #for i in 0..4
    sum$i += a/* one */b * x[$i]; // twice // over
  #end
let half = min(1.0 / 2.0, a - -b) / *p;
var sums: array<f32, 4> = array<f32, 4>();
`;
  expect(lean(text)).toBe(`enable f16;
@group(0) @binding(0) var<storage, read> x: array<stored4>;
#for i in 0..4
sum$i+=a b*x[$i];
#end
let half=min(1.0/2.0,a - -b)/ *p;
var sums:array<f32,4> = array<f32,4>();
`);
});

it('changes nothing but space in any kernel, and joins no two words or operators', () => {
  const ops = join(root, 'packages/kernels/src/ops');
  const files = readdirSync(ops, { recursive: true }).filter((file) => file.endsWith('.wgsl'));
  expect(files.length).toBeGreaterThan(80);
  const parts = (text) => text.match(/[\w.$]+|[-+*/%<>&|^=!~]+|[^\s]/g);
  for (const file of files) {
    const text = readFileSync(join(ops, file), 'utf8').replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
    expect(parts(lean(text)), file).toEqual(parts(text));
  }
});
