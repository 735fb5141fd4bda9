/**
 * Evaluates a mixture of Gaussians on a grid.
 *
 * A mixture is a Float32Array of C x 6 numbers, as the network computes them:
 * logit, loc_x, loc_y, log_scale_x, log_scale_y, atanh_correlation. Coordinates
 * are 0 to 1 over the frame, x to the right and y down.
 */

const NUMBERS = 6;

/** A component this far below the peak is left out: a rounding of float32. */
const INVISIBLE = Math.log(2 ** 24);

const LOG_4_PI = Math.log(4 * Math.PI);

/**
 * A density on the cells of a grid.
 *
 * @typedef {Object} Grid
 * @property {number} rows
 * @property {number} columns
 * @property {Float32Array} values Density at the cells' centres, row by row,
 *   divided by exp(scale).
 * @property {number} scale Logarithm of what the values were divided by. A
 *   density of 1 everywhere is uniform.
 */

/**
 * Evaluates a mixture at the centres of the cells.
 *
 * @param {Float32Array} mixture C x 6 numbers.
 * @param {number} rows
 * @param {number} columns
 * @returns {Grid}
 */
export function evaluate(mixture, rows, columns) {
  const components = componentsOf(mixture, rows, columns);
  const scale = Math.max(...components.map((one) => one.top));
  const values = new Float32Array(rows * columns);
  const limit = INVISIBLE + Math.log(components.length);
  for (const one of components) {
    if (one.constant > scale - limit) {
      const add = one.correlation === 0 ? addUpright : addTilted;
      add(values, rows, columns, one, scale, limit);
    }
  }
  return { rows, columns, values, scale };
}

/** Logarithms of the components' weights, which sum to 1. */
export function logWeights(mixture) {
  const logits = [];
  for (let k = 0; k < mixture.length; k += NUMBERS) logits.push(mixture[k]);
  const most = Math.max(...logits);
  const sum = logits.reduce((sum, one) => sum + Math.exp(one - most), 0);
  return logits.map((one) => one - most - Math.log(sum));
}

/** Turns the numbers of each component into what the evaluation needs. */
function componentsOf(mixture, rows, columns) {
  return logWeights(mixture).map((logWeight, k) => {
    const [, x, y, logScaleX, logScaleY, correlation] =
      mixture.subarray(k * NUMBERS, (k + 1) * NUMBERS);
    const one = {
      x, y, correlation,
      scaleX: Math.exp(logScaleX),
      scaleY: Math.exp(logScaleY),
      cosh: Math.cosh(correlation),
      sinh: Math.sinh(correlation),
      constant: logWeight - LOG_4_PI - logScaleX - logScaleY
        + (softplus(2 * correlation) + softplus(-2 * correlation)) / 2,
    };
    one.top = highest(one, rows, columns);
    return one;
  });
}

function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Logarithm of the component's largest value on the grid, or 1 less.
 *
 * The cell nearest to the mean has it, unless the component is tilted and so
 * narrow that it passes between the cells.
 */
function highest(one, rows, columns) {
  const x = nearest(one.x, columns);
  const y = nearest(one.y, rows);
  let least = distance(one, x, y);
  if (least > 2 && one.correlation !== 0) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const other = distance(one, (j + 0.5) / columns, (i + 0.5) / rows);
        least = Math.min(least, other);
      }
    }
  }
  return one.constant - least / 2;
}

/** The centre of a cell that is nearest to a place. */
function nearest(place, number) {
  const cell = Math.floor(place * number);
  return (Math.min(Math.max(cell, 0), number - 1) + 0.5) / number;
}

/** Squared distance of a place from the mean, in standard deviations. */
function distance(one, x, y) {
  const u = (x - one.x) / one.scaleX;
  const v = (y - one.y) / one.scaleY;
  const along = one.cosh * u - one.sinh * v;
  return v * v + along * along;
}

/** Adds a component without correlation: a product of a row and a column. */
function addUpright(values, rows, columns, one, scale, limit) {
  const [[left, right], [above, below]] =
    reach(one, rows, columns, scale, limit);
  const across = new Float64Array(right - left);
  for (let j = left; j < right; j++) {
    const u = ((j + 0.5) / columns - one.x) / one.scaleX;
    across[j - left] = -u * u / 2;
  }
  const most = across.reduce((a, b) => Math.max(a, b), -Infinity);
  across.forEach((value, n) => { across[n] = Math.exp(value - most); });
  for (let i = above; i < below; i++) {
    const v = ((i + 0.5) / rows - one.y) / one.scaleY;
    const down = Math.exp(one.constant - scale + most - v * v / 2);
    const start = i * columns + left;
    for (let n = 0; n < across.length; n++) {
      values[start + n] += down * across[n];
    }
  }
}

/** The columns and rows in which a component is visible. */
function reach(one, rows, columns, scale, limit) {
  const radius = Math.sqrt(2 * (one.constant - scale + limit));
  return [
    within(one.x, radius * one.scaleX, columns),
    within(one.y, radius * one.scaleY, rows),
  ];
}

/** The cells, first and after the last, whose centres are near a place. */
function within(place, radius, number) {
  const first = Math.ceil((place - radius) * number - 0.5);
  const last = Math.floor((place + radius) * number - 0.5);
  return [Math.max(first, 0), Math.min(last, number - 1) + 1];
}

/** Adds a component with correlation: the full formula in every cell. */
function addTilted(values, rows, columns, one, scale, limit) {
  const [[left, right], [above, below]] =
    reach(one, rows, columns, scale, limit);
  const constant = one.constant - scale;
  for (let i = above; i < below; i++) {
    for (let j = left; j < right; j++) {
      const far = distance(one, (j + 0.5) / columns, (i + 0.5) / rows);
      values[i * columns + j] += Math.exp(constant - far / 2);
    }
  }
}
