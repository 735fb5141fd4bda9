/** Draws smooth lines that stand out from any picture: each has a rim. */

import { INFERNO } from "./inferno.js";

/** Width of a line: this part of the canvas' shorter side, or 2 pixels. */
const SIDE_TO_WIDTH = 270;

/** Part of the colours for lines: their bright end. */
const FAINTEST = 0.65;

/**
 * @typedef {Object} Line
 * @property {number[][]} points [x, y], 0 to 1 over the canvas. If the last
 *   equals the first, the line is closed.
 * @property {number[]} colour Red, green and blue, 0 to 255.
 */

/**
 * Gives the colour of a line.
 *
 * @param {number} strength 0 for the faintest, 1 for the brightest.
 * @returns {number[]} Red, green and blue, 0 to 255.
 */
export function lineColour(strength) {
  const place = FAINTEST + strength * (1 - FAINTEST);
  return INFERNO[Math.round(255 * place)];
}

/** The width of lines on a canvas, in its pixels. */
export function lineWidth({ width, height }) {
  return Math.max(2, Math.min(width, height) / SIDE_TO_WIDTH);
}

/**
 * Draws lines with their rims.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Line[]} lines
 * @param {number} width Of a line without its rim, in pixels.
 */
export function drawLines(context, lines, width = lineWidth(context.canvas)) {
  const paths = lines.map((line) => smoothPath(line.points, context.canvas));
  context.lineJoin = "round";
  context.lineCap = "round";
  for (const [times, colourOf] of [[2, rimOf], [1, (colour) => colour]]) {
    context.lineWidth = times * width;
    lines.forEach((line, n) => {
      context.strokeStyle = `rgb(${colourOf(line.colour).join()})`;
      context.stroke(paths[n]);
    });
  }
}

/** Black or white: the one that contrasts more with a colour. */
function rimOf(colour) {
  const [red, green, blue] = colour.map((level) => {
    const part = level / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  return light / 0.05 > 1.05 / light ? [0, 0, 0] : [255, 255, 255];
}

/** A quadratic B-spline of the points: its curves meet halfway. */
function smoothPath(points, { width, height }) {
  const pixels = points.map(([x, y]) => [x * width, y * height]);
  const path = new Path2D();
  const last = pixels.at(-1);
  const isClosed = pixels.length > 2 && pixels[0].every(
    (place, axis) => place === last[axis]);
  path.moveTo(...(isClosed ? middle(pixels[0], pixels[1]) : pixels[0]));
  for (let n = 1; n < pixels.length - 1; n++) {
    path.quadraticCurveTo(...pixels[n], ...middle(pixels[n], pixels[n + 1]));
  }
  if (isClosed) {
    path.quadraticCurveTo(...last, ...middle(pixels[0], pixels[1]));
    path.closePath();
  } else {
    path.lineTo(...last);
  }
  return path;
}

function middle(a, b) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}
