import type { DType } from '../graph.ts';

/** Dtypes of the tensors that a kernel's `array<stored4>` bindings are bound to, by name. */
export type Storage = Readonly<Record<string, DType>>;

/**
 * A line of WGSL that declares a binding with four neighbouring values an element, in whatever storage. The kernel
 * reads `readX(at)` and, where it may, writes `writeX(at, value)`, a vec4f either way.
 */
const declaration = /^(@group\(0\) @binding\(\d+\) var<storage, (read|read_write)> (\w+): array<)stored4(>;.*)$/gm;

/**
 * Turns a kernel's text into WGSL for tensors stored in this way. Line numbers stay the same, so that an error points
 * into the file.
 * @throws RangeError naming a binding that `storage` does not have
 */
export function withStorage(code: string, storage: Storage): string {
  return code.replace(declaration, (_, start: string, access: string, name: string, end: string) => {
    const writes = access === 'read_write';
    const stored = formats[storage[name] as keyof typeof formats];
    if (!stored || (writes && !stored.write)) {
      const expected = writes ? 'f32 or f16' : 'f32, f16 or i8';
      throw new RangeError(`${name}: expected a storage of ${expected}, found ${storage[name]}`);
    }
    const suffix = name[0].toUpperCase() + name.slice(1);
    const read = `fn read${suffix}(at: u32) -> vec4f { ${stored.read(name)} }`;
    const write = writes ? ` fn write${suffix}(at: u32, value: vec4f) { ${stored.write!(name)} }` : '';
    return `${read}${write} ${start}${stored.element}${end}`;
  });
}

interface Format {
  readonly element: string;
  read(name: string): string;
  /** Missing where no kernel makes values that are stored so. */
  write?(name: string): string;
}

const formats: Readonly<Record<'f32' | 'f16' | 'i8', Format>> = {
  f32: {
    element: 'vec4f',
    read: (name) => `return ${name}[at];`,
    write: (name) => `${name}[at] = value;`,
  },
  // Kernels compute in f32, so WGSL's core is sufficient: shader-f16 would save nothing here. Values from 65520 on, and
  // NaN, become infinity: WGSL leaves open what pack2x16float makes of them, and whoever scales a loss must see that
  // its gradients overflowed.
  f16: {
    element: 'vec2u',
    read: (name) => `return vec4f(unpack2x16float(${name}[at].x), unpack2x16float(${name}[at].y));`,
    write: (name) =>
      [
        'let bits = bitcast<vec4u>(value);',
        'let words = vec2u(pack2x16float(value.xy), pack2x16float(value.zw));',
        'let isLarge = (bits & vec4u(0x7fffffffu)) >= vec4u(0x477ff000u);',
        'let infinity = ((bits >> vec4u(16u)) & vec4u(0x8000u)) | vec4u(0x7c00u);',
        'let low = select(words & vec2u(0xffffu), infinity.xz, isLarge.xz);',
        'let high = select(words >> vec2u(16u), infinity.yw, isLarge.yw);',
        `${name}[at] = low | (high << vec2u(16u));`,
      ].join(' '),
  },
  // Each byte is shifted to the top of its word and back, which spreads its sign: WGSL's unpack4xI8 is a language feature
  // that an older host may lack.
  i8: {
    element: 'u32',
    read: (name) => `return vec4f(vec4i(vec4u(${name}[at]) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));`,
  },
};
