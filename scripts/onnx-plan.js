// What an ONNX file of `deblur-train export-onnx --blur` computes, as a list that any library can follow: scripts/bench.js has tfjs do it.

/** @typedef {{ type: string, inputs: string[], output: string, ints: Record<string, number[]> }} Node */
/** @typedef {{ nodes: Node[], tensors: { name: string, shape: number[], first: number }[], floats: Float32Array, input: string, output: string }} Plan */

/**
 * A protobuf message's fields by number: numbers, and bytes of what has a length (protobuf.dev/programming-guides/encoding).
 * @param {Uint8Array} bytes
 * @returns {Map<number, (number | Uint8Array)[]>}
 */
function fieldsOf(bytes) {
  const fields = new Map();
  let at = 0;
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      value += (bytes[at] & 127) * factor;
      if (bytes[at++] < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = number();
    const kind = tag & 7;
    if (kind !== 0 && kind !== 2) throw new Error(`field ${tag >> 3} has wire type ${kind}, which export-onnx does not write`);
    const value = number();
    const field = kind === 0 ? value : bytes.subarray(at, at + value);
    if (kind === 2) at += value;
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), field]);
  }
  return fields;
}

const decoder = new TextDecoder();
/** @param {Map<number, (number | Uint8Array)[]>} fields @param {number} field */
const bytesOf = (fields, field) => /** @type {Uint8Array[]} */ (fields.get(field) ?? []);
/** @param {Map<number, (number | Uint8Array)[]>} fields @param {number} field */
const numbersOf = (fields, field) => /** @type {number[]} */ (fields.get(field) ?? []);
/** @param {Map<number, (number | Uint8Array)[]>} fields @param {number} field */
const textsOf = (fields, field) => bytesOf(fields, field).map((text) => decoder.decode(text));

/** @param {Uint8Array} file @returns {Plan} */
export function readPlan(file) {
  const graph = fieldsOf(bytesOf(fieldsOf(file), 7)[0]);
  const nodes = bytesOf(graph, 1).map((bytes) => {
    const node = fieldsOf(bytes);
    /** @type {Record<string, number[]>} */
    const ints = {};
    for (const attribute of bytesOf(node, 5).map(fieldsOf))
      ints[textsOf(attribute, 1)[0]] = [...numbersOf(attribute, 3), ...numbersOf(attribute, 8)];
    return { type: textsOf(node, 4)[0], inputs: textsOf(node, 1), output: textsOf(node, 2)[0], ints };
  });
  /** @type {Plan['tensors']} */
  const tensors = [];
  const parts = [];
  let first = 0;
  for (const tensor of bytesOf(graph, 5).map(fieldsOf)) {
    const values = new Float32Array(Uint8Array.from(bytesOf(tensor, 9)[0]).buffer);
    tensors.push({ name: textsOf(tensor, 8)[0], shape: numbersOf(tensor, 1), first });
    parts.push(values);
    first += values.length;
  }
  const floats = new Float32Array(first);
  for (const [i, values] of parts.entries()) floats.set(values, tensors[i].first);
  const nameOf = (/** @type {number} */ field) => textsOf(fieldsOf(bytesOf(graph, field)[0]), 1)[0];
  return { nodes, tensors, floats, input: nameOf(11), output: nameOf(12) };
}
