/** Reads the densities that the server sends, see `api.md`. */

const HEAD = 16;
const RECORD = 16;
const COMPONENT = 12;

/** Least and largest value of each number after the weight, in 16 bits. */
const RANGES = [[-1, 2], [-1, 2], [-8, 1], [-8, 1], [-8, 8]];
const STEPS = 65535;

/** A correlation this near to 0 is a rounded 0. */
const NONE = 2e-4;

/**
 * A run of the network.
 *
 * @typedef {Object} Record
 * @property {number} time In seconds from the first frame.
 * @property {number} entropy In bits; 0 if attention is everywhere alike.
 * @property {boolean} isAfterCut Whether a cut lies between the run before and
 *   this one.
 * @property {Float32Array} mixture See `mixture.js`.
 */

/**
 * Reads an answer with densities.
 *
 * @param {ArrayBuffer} buffer
 * @returns {{records: Record[], isLast: boolean}}
 */
export function records(buffer) {
  if (buffer.byteLength < HEAD) return { records: [], isLast: false };
  const view = new DataView(buffer);
  const version = view.getUint16(4, true);
  if (version !== 1) {
    throw new Error(`The server sends densities of version ${version}, which `
      + "this page cannot read. Reload the page.");
  }
  const isLast = view.getUint16(6, true) === 1;
  const number = view.getUint32(12, true);
  const all = [];
  let place = HEAD;
  for (let n = 0; n < number; n++) {
    const numComponents = view.getUint16(place + 12, true);
    all.push({
      time: view.getFloat64(place, true),
      entropy: view.getFloat32(place + 8, true),
      isAfterCut: view.getUint16(place + 14, true) === 1,
      mixture: mixtureAt(view, place + RECORD, numComponents),
    });
    place += RECORD + COMPONENT * numComponents;
  }
  return { records: all, isLast };
}

/** Reads components; leaves out those of weight 0. */
function mixtureAt(view, place, number) {
  const numbers = [];
  for (let n = 0; n < number; n++, place += COMPONENT) {
    const weight = view.getUint16(place, true);
    if (weight === 0) continue;
    const others = RANGES.map(([least, most], k) =>
      least + view.getUint16(place + 2 + 2 * k, true) * (most - least) / STEPS);
    if (Math.abs(others[4]) < NONE) others[4] = 0;
    numbers.push(Math.log(weight), ...others);
  }
  return Float32Array.from(numbers);
}
