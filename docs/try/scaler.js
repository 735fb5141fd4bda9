/**
 * Resizes frames as `rmdn_tf/video/resizing.py` does, to the same pixels.
 *
 * An axis that shrinks averages all pixels under an output pixel, and the mean
 * is rounded to 8 bits. An axis that grows is interpolated linearly.
 */

/**
 * Resizes a frame.
 *
 * @param {Uint8ClampedArray} pixels Red, green, blue and opacity of each pixel.
 * @param {[number, number]} from Height and width of the frame.
 * @param {[number, number]} to Height and width that are wanted.
 * @returns {Float32Array} Red, green and blue of each pixel, 0 to 255.
 */
export function resize(pixels, from, to) {
  const least = from.map((length, axis) => Math.min(length, to[axis]));
  const shrunk = resample(pixels, 4, from, least).map(roundToEven);
  return resample(shrunk, 3, least, to);
}

/** Rounds as TensorFlow does: a half goes to the even neighbour. */
function roundToEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

/**
 * Resizes rows, then columns, and rounds each sum to 32 bits, as TensorFlow
 * does: so a mean near a half is rounded to the same side.
 */
function resample(pixels, channels, [height, width], [rows, columns]) {
  const down = weights(height, rows);
  const across = weights(width, columns);
  const result = new Float32Array(rows * columns * 3);
  const row = new Float32Array(width * 3);
  for (let i = 0; i < rows; i++) {
    row.fill(0);
    for (let k = 0; k < down.parts[i].length; k++) {
      const start = (down.first[i] + k) * width * channels;
      addRow(row, pixels, start, channels, down.parts[i][k]);
    }
    const start = i * columns * 3;
    for (let j = 0; j < columns; j++) {
      addColumns(result, start + j * 3, row, across.first[j] * 3,
        across.parts[j]);
    }
  }
  return result;
}

function addRow(row, pixels, start, channels, part) {
  for (let n = 0, from = start; n < row.length; n += 3, from += channels) {
    row[n] += part * pixels[from];
    row[n + 1] += part * pixels[from + 1];
    row[n + 2] += part * pixels[from + 2];
  }
}

function addColumns(result, place, row, start, parts) {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let k = 0, from = start; k < parts.length; k++, from += 3) {
    red = Math.fround(red + parts[k] * row[from]);
    green = Math.fround(green + parts[k] * row[from + 1]);
    blue = Math.fround(blue + parts[k] * row[from + 2]);
  }
  result[place] = red;
  result[place + 1] = green;
  result[place + 2] = blue;
}

/**
 * Tells which pixels of an axis make each output pixel.
 *
 * Positions are counted in parts of a pixel, as integers.
 *
 * @returns {{first: number[], parts: number[][]}} The first pixel, and the
 *   weights of it and of those that follow; they sum to 1.
 */
function weights(old, length) {
  const first = [];
  const parts = [];
  const shrinks = old > length;
  for (let n = 0; n < length; n++) {
    const begin = n * old;
    const end = begin + old;
    const centre = Math.min(Math.max(begin + end - length, 0),
      2 * length * (old - 1));
    const start = shrinks ? Math.floor(begin / length)
      : Math.floor(centre / (2 * length));
    const last = shrinks ? Math.ceil(end / length) - 1
      : Math.min(start + 1, old - 1);
    first.push(start);
    parts.push(Array.from({ length: last - start + 1 }, (_, k) => {
      const pixel = start + k;
      const part = shrinks
        ? Math.min(end, (pixel + 1) * length) - Math.max(begin, pixel * length)
        : 2 * length - Math.abs(centre - 2 * length * pixel);
      return Math.fround(part / (shrinks ? old : 2 * length));
    }));
  }
  return { first, parts };
}
