/** Draws the density of a moment in the chosen style. */

import { drawContours } from "./contours.js";
import { drawEllipses } from "./ellipses.js";
import { drawHeat } from "./heat.js";

/**
 * The styles, by name: each draws a moment of keyframes.
 *
 * @type {Object<string, function(CanvasRenderingContext2D,
 *   import("./keyframes.js").Keyframes, number): void>}
 */
const STYLES = {
  heat: (context, keyframes, time) =>
    drawHeat(context, keyframes.gridAt(time)),
  contours: (context, keyframes, time) =>
    drawContours(context, keyframes.gridAt(time)),
  ellipses: (context, keyframes, time) =>
    drawEllipses(context, keyframes.partsAt(time)),
  none: () => {},
};

/**
 * Draws a density over a canvas that holds nothing or a frame.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {import("./keyframes.js").Keyframes} keyframes
 * @param {number} time In seconds.
 * @param {string} style A name of `STYLES`.
 * @returns {boolean} Whether the density of this time is known.
 */
export function drawDensity(context, keyframes, time, style) {
  if (!keyframes.around(time)) return false;
  STYLES[style](context, keyframes, time);
  return true;
}
