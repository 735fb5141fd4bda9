/** Draws where observers looked: a ring around each point of gaze. */

import { lastAtMost } from "./keyframes.js";
import { drawLines, lineWidth } from "./lines.js";

/** Colour of rings; their radius in parts of the canvas' shorter side. */
const RING = [0, 255, 160];
const RADIUS = 1 / 60;

/**
 * @typedef {Object} Gaze Points by time.
 * @property {number[]} times In seconds, rising.
 * @property {number[][][]} points [x, y] at each time, 0 to 1 over the frame.
 */

/**
 * Draws the gaze of a moment over a canvas.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Gaze} gaze
 * @param {number} time In seconds.
 */
export function drawGaze(context, gaze, time) {
  const points = gaze.points[lastAtMost(gaze.times, time + 1e-4)] ?? [];
  const { width, height } = context.canvas;
  const radius = Math.max(3, RADIUS * Math.min(width, height));
  const lines = points.map(([x, y]) => ({
    points: circle(x, y, radius / width, radius / height),
    colour: RING,
  }));
  drawLines(context, lines,
    Math.min(lineWidth(context.canvas), radius / 2.5));
}

function circle(x, y, radiusX, radiusY) {
  const points = Array.from({ length: 32 }, (_, n) => {
    const angle = 2 * Math.PI * n / 32;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
  return [...points, points[0]];
}
