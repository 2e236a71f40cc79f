/** Opcodes of pickle's protocol 2, in the forms and with the numbering of Python's own pickler. */
export interface PickleWriter {
  op(...opcodes: Opcode[]): void;
  /** Memoizes the value on top of the stack, as the pickler does with everything that may be referred to again. */
  keep(): void;
  text(value: string): void;
  /** A text that is one object in PyTorch: written once, referred to later. */
  sharedText(value: string): void;
  global(module: string, name: string): void;
  /** @throws RangeError unless it is an integer from 0 to 2^53 */
  count(value: number): void;
  finish(): Uint8Array<ArrayBuffer>;
}

const OPCODES = {
  mark: 0x28,
  emptyTuple: 0x29,
  tuple: 0x74,
  tuple1: 0x85,
  tuple2: 0x86,
  tuple3: 0x87,
  emptyDict: 0x7d,
  setItem: 0x73,
  setItems: 0x75,
  false: 0x89,
  reduce: 0x52,
  build: 0x62,
  persistentId: 0x51,
} as const;
export type Opcode = keyof typeof OPCODES;

export function pickleWriter(): PickleWriter {
  const out = [0x80, 2];
  const encoder = new TextEncoder();
  const known = new Map<string, number>();
  let kept = 0;

  const uint32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
  /** An operand in one byte if it fits, else in four. */
  const indexed = (short: number, long: number, index: number) =>
    index < 256 ? out.push(short, index) : out.push(long, ...uint32(index));
  const keep = () => indexed(0x71, 0x72, kept++);
  const append = (bytes: Uint8Array): void => {
    for (const byte of bytes) out.push(byte);
  };
  const text = (value: string): void => {
    const utf8 = encoder.encode(value);
    out.push(0x58, ...uint32(utf8.length));
    append(utf8);
    keep();
  };
  const once = (key: string, write: () => void): void => {
    const index = known.get(key);
    if (index !== undefined) indexed(0x68, 0x6a, index);
    else {
      known.set(key, kept);
      write();
    }
  };

  return {
    op: (...opcodes) => out.push(...opcodes.map((opcode) => OPCODES[opcode])),
    keep,
    text,
    sharedText: (value) => once(`text ${value}`, () => text(value)),
    global(module, name) {
      once(`global ${name}`, () => {
        append(encoder.encode(`c${module}\n${name}\n`));
        keep();
      });
    },
    count(value) {
      if (!Number.isSafeInteger(value) || value < 0)
        throw new RangeError(`expected an integer from 0, found ${value}.`);
      if (value < 2 ** 8) out.push(0x4b, value);
      else if (value < 2 ** 16) out.push(0x4d, value & 255, value >> 8);
      else if (value < 2 ** 31) out.push(0x4a, ...uint32(value));
      else {
        // Two's complement needs one more byte if the last would make the number negative. 2^53 has at most 7.
        const bytes = [...uint32(value % 2 ** 32), ...uint32(Math.floor(value / 2 ** 32)), 0];
        const length = bytes.findLastIndex((byte) => byte !== 0) + 1;
        const signed = bytes[length - 1] & 128 ? length + 1 : length;
        out.push(0x8a, signed, ...bytes.slice(0, signed));
      }
    },
    finish: () => Uint8Array.from([...out, 0x2e]),
  };
}
