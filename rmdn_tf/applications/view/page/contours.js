/** Outlines the smallest regions that hold given shares of the attention. */

import { drawLines, lineColour } from "./lines.js";

/** Shares inside the contours; the last is the brightest. */
export const CONTOUR_SHARES = [0.9, 0.5];

/**
 * Draws the contours of a density over a canvas.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {import("./mixture.js").Grid} grid
 */
export function drawContours(context, grid) {
  drawLines(context, contourLevels(grid).flatMap((level, n) => {
    const colour = lineColour((n + 1) / CONTOUR_SHARES.length);
    return outlines(grid, level).map((points) => ({ points, colour }));
  }));
}

/**
 * Finds the densities at the borders of the regions.
 *
 * @param {import("./mixture.js").Grid} grid
 * @returns {number[]} One for each of `CONTOUR_SHARES`, on the grid's scale.
 */
export function contourLevels(grid) {
  const falling = Float32Array.from(grid.values).sort().reverse();
  const all = falling.reduce((sum, value) => sum + value, 0);
  return CONTOUR_SHARES.map((share) => {
    let held = 0;
    const last = falling.findIndex((value) => {
      held += value;
      return held >= share * all;
    });
    const least = falling[last];
    // Below the least value inside, which may be that of the peak alone.
    const outside = falling.find((value) => value < least) ?? least;
    return (least + outside) / 2;
  });
}

/**
 * Traces the lines where a density has a level (marching squares).
 *
 * @param {import("./mixture.js").Grid} grid
 * @param {number} level
 * @returns {number[][][]} Lines of points [x, y], 0 to 1 over the frame.
 */
export function outlines(grid, level) {
  const crossings = new Map();
  const neighbours = new Map();
  forEachCrossed(grid, level, (corners, edges) => {
    for (const pair of crossedPairs(corners, level)) {
      const names = pair.map((side) => edges[side]);
      pair.forEach((side, n) => {
        const name = names[n];
        crossings.set(name, crossing(corners, side, level));
        if (!neighbours.has(name)) neighbours.set(name, []);
        neighbours.get(name).push(names[1 - n]);
      });
    }
  });
  const { rows, columns } = grid;
  return chains(neighbours).map((chain) => chain.map((name) => {
    const [x, y] = crossings.get(name);
    return [(x - 0.5) / columns, (y - 0.5) / rows];
  }));
}

/**
 * Calls `use(corners, edges)` for the squares that a level crosses.
 *
 * Squares lie between the centres of cells. The edge of the grid is repeated:
 * lines go on to the edge of the frame. Corners are [x, y, density], clockwise
 * from the upper left; edge n, a unique number, goes from corner n to the next.
 */
function forEachCrossed({ rows, columns, values }, level, use) {
  const value = (x, y) => values[
    clamped(y - 1, rows) * columns + clamped(x - 1, columns)];
  const wide = columns + 2;
  for (let y = 0; y <= rows; y++) {
    for (let x = 0; x <= columns; x++) {
      const a = value(x, y), b = value(x + 1, y);
      const c = value(x + 1, y + 1), d = value(x, y + 1);
      const inside = (a > level) + (b > level) + (c > level) + (d > level);
      if (inside % 4 === 0) continue;
      const place = 2 * (y * wide + x);
      use(
        [[x, y, a], [x + 1, y, b], [x + 1, y + 1, c], [x, y + 1, d]],
        [place, place + 3, place + 2 * wide, place + 1],
      );
    }
  }
}

function clamped(place, number) {
  return Math.min(Math.max(place, 0), number - 1);
}

/** Pairs of sides that a line of the level joins inside a square. */
function crossedPairs(corners, level) {
  const isInside = corners.map(([, , value]) => value > level);
  const sides = [0, 1, 2, 3].filter(
    (n) => isInside[n] !== isInside[(n + 1) % 4]);
  if (sides.length < 4) return [sides];
  const mean = corners.reduce((sum, [, , value]) => sum + value, 0) / 4;
  // A saddle: the line separates the corners that differ from the middle.
  return isInside[0] === mean > level ? [[0, 1], [2, 3]] : [[3, 0], [1, 2]];
}

/** The place on a side of a square where the density has the level. */
function crossing(corners, side, level) {
  const [fromX, fromY, from] = corners[side];
  const [toX, toY, to] = corners[(side + 1) % 4];
  const t = (level - from) / (to - from);
  return [fromX + t * (toX - fromX), fromY + t * (toY - fromY)];
}

/** Joins neighbours to lines; a closed line ends where it begins. */
function chains(neighbours) {
  const lines = [];
  const unused = new Set(neighbours.keys());
  const follow = (name) => {
    const line = [];
    for (let next = name; next !== undefined;) {
      unused.delete(next);
      line.push(next);
      next = neighbours.get(next).find((other) => unused.has(other));
    }
    return line;
  };
  for (const [name, others] of neighbours) {
    if (others.length === 1 && unused.has(name)) lines.push(follow(name));
  }
  for (const name of neighbours.keys()) {
    if (unused.has(name)) {
      const line = follow(name);
      lines.push([...line, line[0]]);
    }
  }
  return lines;
}
