// The parts of ONNX's format (onnx.proto3) that a model of a few dozen nodes needs, as protobuf.

type Bytes = Uint8Array<ArrayBuffer>;

/** Values of an attribute: whole numbers, a list of them, or a number with a fraction. */
export type Attribute = number | readonly number[] | { readonly float: number };

const FLOAT = 1;
const INT64 = 7;

function joined(...parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...bytes, Number(rest));
}

const integer = (field: number, value: number): Bytes => joined(varint(field << 3), varint(value));

function bytes(field: number, value: Bytes | string): Bytes {
  const body = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return joined(varint((field << 3) | 2), varint(body.length), body);
}

const float = (field: number, value: number): Bytes =>
  joined(varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer));

/** A named array of the model. */
export function initializer(
  name: string,
  dims: readonly number[],
  values: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>,
): Bytes {
  return joined(
    ...dims.map((size) => integer(1, size)),
    integer(2, values instanceof Float32Array ? FLOAT : INT64),
    bytes(8, name),
    bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  );
}

/** One step of the model. */
export const node = (
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Bytes =>
  joined(
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, type),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, joined(bytes(1, name), ...typed(value)))),
  );

function typed(value: Attribute): Bytes[] {
  if (typeof value === 'number') return [integer(3, value), integer(20, 2)];
  if ('float' in value) return [float(2, value.float), integer(20, 1)];
  return [...value.map((each) => integer(8, each)), integer(20, 7)];
}

/** A model from one input of floats to one output of floats. */
export function model(
  nodes: readonly Bytes[],
  initializers: readonly Bytes[],
  input: { readonly name: string; readonly dims: readonly number[] },
  output: { readonly name: string; readonly dims: readonly number[] },
): Bytes {
  const shape = (dims: readonly number[]) => joined(...dims.map((size) => bytes(1, integer(1, size))));
  const value = (field: number, { name, dims }: typeof input) =>
    bytes(field, joined(bytes(1, name), bytes(2, bytes(1, joined(integer(1, FLOAT), bytes(2, shape(dims)))))));
  const graph = joined(
    ...nodes.map((each) => bytes(1, each)),
    bytes(2, 'encoder'),
    ...initializers.map((each) => bytes(5, each)),
    value(11, input),
    value(12, output),
  );
  return joined(integer(1, 8), bytes(7, graph), bytes(8, joined(bytes(1, ''), integer(2, 17))));
}
