/** Draws a density as heat: the denser, the brighter and the more opaque. */

import { peak } from "./grid.js";
import { INFERNO } from "./inferno.js";

/** Opacity at the peak, as `rmdn predict` draws it. */
const HEAT_OPACITY = 0.7;

/** Pixels for the root of the density over its peak: bytes red to opacity. */
const COLOURS = new Uint32Array(Uint8Array.from(INFERNO.flatMap((_, level) => {
  const root = level / 255;
  const opacity = Math.round(HEAT_OPACITY * root * 255);
  return [...INFERNO[Math.round(root * root * 255)], opacity];
})).buffer);

const small = document.createElement("canvas");

/**
 * Draws a density over a canvas.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {import("./mixture.js").Grid} grid
 */
export function drawHeat(context, grid) {
  small.width = grid.columns;
  small.height = grid.rows;
  const narrow = small.getContext("2d");
  const picture = narrow.createImageData(grid.columns, grid.rows);
  const pixels = new Uint32Array(picture.data.buffer);
  const most = peak(grid);
  // The root makes small densities visible.
  grid.values.forEach((value, n) => {
    pixels[n] = COLOURS[Math.round(255 * Math.sqrt(value / most))];
  });
  narrow.putImageData(picture, 0, 0);
  context.imageSmoothingEnabled = true;
  const { width, height } = context.canvas;
  context.drawImage(small, 0, 0, width, height);
}
