/** Which part of each cell of a grid lies in an area. */

/**
 * Computes the part of every cell that a polygon covers.
 *
 * @param {number[][]} area Corners [x, y] of a polygon, 0 to 1 over the frame.
 * @param {number} rows
 * @param {number} columns
 * @returns {Float32Array} 0 to 1 for each cell, row by row.
 */
export function coverage(area, rows, columns) {
  const covered = new Float32Array(rows * columns);
  const polygon = area.map(([x, y]) => [x * columns, y * rows]);
  const [above, below] = span(polygon, 1, rows);
  for (let i = above; i < below; i++) {
    const strip = between(polygon, 1, i, i + 1);
    if (strip.length === 0) continue;
    const [left, right] = span(strip, 0, columns);
    for (let j = left; j < right; j++) {
      const part = Math.abs(signedArea(between(strip, 0, j, j + 1)));
      covered[i * columns + j] = Math.min(part, 1);
    }
  }
  return covered;
}

/** The cells, first and after the last, that points touch along an axis. */
function span(points, axis, number) {
  const places = points.map((point) => point[axis]);
  const first = Math.floor(Math.min(...places));
  const last = Math.ceil(Math.max(...places));
  return [Math.max(first, 0), Math.min(last, number)];
}

/** The part of a polygon between two lines across an axis. */
function between(polygon, axis, low, high) {
  return beyond(beyond(polygon, axis, low, 1), axis, high, -1);
}

/** The part of a polygon beyond a line (Sutherland and Hodgman, 1974). */
function beyond(polygon, axis, line, sign) {
  const kept = [];
  polygon.forEach((end, n) => {
    const begin = polygon.at(n - 1);
    const from = sign * (begin[axis] - line);
    const to = sign * (end[axis] - line);
    if (from < 0 !== to < 0) {
      const t = from / (from - to);
      kept.push([0, 1].map((k) => begin[k] + t * (end[k] - begin[k])));
    }
    if (to >= 0) kept.push(end);
  });
  return kept;
}

function signedArea(polygon) {
  let twice = 0;
  polygon.forEach(([x, y], n) => {
    const [beforeX, beforeY] = polygon.at(n - 1);
    twice += beforeX * y - x * beforeY;
  });
  return twice / 2;
}
