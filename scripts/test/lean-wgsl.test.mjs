import { expect, it } from 'vitest';
import { lean } from '../lib/lean-wgsl.mjs';

it('leaves out comments and indentation, and keeps lines, names and directives', () => {
  const text = `// What it is: a /* b
enable f16; // needed

/* two
   lines /* nested */ */
@group(0) @binding(0) var<storage, read> x: array<stored4>; // [rows]
  #for i in 0..4
    sum$i += a/* one */b * x[$i]; // twice // over
  #end
let half = 1.0 / 2.0;
`;
  expect(lean(text)).toBe(`enable f16;
@group(0) @binding(0) var<storage, read> x: array<stored4>;
#for i in 0..4
sum$i += a b * x[$i];
#end
let half = 1.0 / 2.0;
`);
});
