// Writes the few parts of an ONNX model (onnx.proto3) that the peer needs, as protobuf by hand.

const varint = (value) => {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};
const integer = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => {
  const body = Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
};
const float = (field, value) => {
  const body = Buffer.alloc(4);
  body.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), body]);
};

const FLOAT = 1;
const INT64 = 7;

/** @param {Float32Array | BigInt64Array} values */
export const tensor = (name, dims, values) =>
  Buffer.concat([
    ...dims.map((size) => integer(1, size)),
    integer(2, values instanceof Float32Array ? FLOAT : INT64),
    bytes(8, name),
    bytes(9, Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  ]);

// AttributeProto: the value in a field of its type, and the type.
const typed = (name, value) => {
  if (Array.isArray(value)) return [...value.map((each) => integer(8, each)), integer(20, 7)];
  return name === 'epsilon' ? [float(2, value), integer(20, 1)] : [integer(3, value), integer(20, 2)];
};

/** @param {Record<string, number | number[]>} attributes whole numbers, but for `epsilon` */
export const node = (type, inputs, outputs, attributes = {}, domain = '') =>
  Buffer.concat([
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, type),
    ...Object.entries(attributes).map(([name, value]) =>
      bytes(5, Buffer.concat([bytes(1, name), ...typed(name, value)])),
    ),
    ...(domain ? [bytes(7, domain)] : []),
  ]);

/** A model without inputs: everything that it computes with is an initializer. */
export function model(nodes, initializers, outputs) {
  const info = ({ name, type }) => bytes(12, Buffer.concat([bytes(1, name), bytes(2, bytes(1, integer(1, type)))]));
  const graph = Buffer.concat([
    ...nodes.map((each) => bytes(1, each)),
    bytes(2, 'bench'),
    ...initializers.map((each) => bytes(5, each)),
    ...outputs.map((name) => info({ name, type: name === 'indices' ? INT64 : FLOAT })),
  ]);
  const opset = (domain, version) => bytes(8, Buffer.concat([bytes(1, domain), integer(2, version)]));
  return Buffer.concat([integer(1, 8), bytes(7, graph), opset('', 17), opset('com.microsoft', 1)]);
}
