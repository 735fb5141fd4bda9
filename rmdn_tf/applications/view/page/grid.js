/** Grids of densities: their size, blends, shares and entropy. */

/** Rows of a grid. A density is smooth, and is enlarged to the frame. */
const GRID_ROWS = 64;

const MOST_COLUMNS = 1024;

/**
 * Tells the size of the grid for a frame.
 *
 * @param {number} width Of the frame, in pixels.
 * @param {number} height Of the frame, in pixels.
 * @returns {[number, number]} Rows and columns.
 */
export function gridSize(width, height) {
  const columns = Math.round(GRID_ROWS * width / height);
  return [GRID_ROWS, Math.min(Math.max(1, columns), MOST_COLUMNS)];
}

/**
 * Fades between two densities: (1 - share) first + share second.
 *
 * @param {import("./mixture.js").Grid} first
 * @param {import("./mixture.js").Grid} second
 * @param {number} share From 0 to 1.
 * @returns {import("./mixture.js").Grid}
 */
export function blend(first, second, share) {
  const scale = Math.max(first.scale, second.scale);
  const a = (1 - share) * Math.exp(first.scale - scale);
  const b = share * Math.exp(second.scale - scale);
  const values = new Float32Array(first.values.length);
  for (let n = 0; n < values.length; n++) {
    values[n] = a * first.values[n] + b * second.values[n];
  }
  return { ...first, values, scale };
}

/** The largest value of a grid. */
export function peak(grid) {
  let most = 0;
  for (const value of grid.values) if (value > most) most = value;
  return most;
}

/**
 * Tells which share of the attention in the frame lies in an area.
 *
 * @param {import("./mixture.js").Grid} grid
 * @param {Float32Array} coverage Of the cells by the area, see `coverage.js`.
 * @returns {number} From 0 to 1.
 */
export function share(grid, coverage) {
  let inside = 0;
  let all = 0;
  grid.values.forEach((value, n) => {
    inside += value * coverage[n];
    all += value;
  });
  return inside / all;
}

/**
 * Computes the entropy of the density in the frame.
 *
 * @param {import("./mixture.js").Grid} grid
 * @returns {number} Bits; 0 if attention is everywhere alike, -3 if it is as
 *   narrow as an eighth of the frame.
 */
export function entropy(grid) {
  let all = 0;
  let sum = 0;
  for (const value of grid.values) {
    all += value;
    if (value > 0) sum += value * Math.log(value);
  }
  return (Math.log(all / grid.values.length) - sum / all) / Math.LN2;
}
