/**
 * The looks of areas: each has a colour and a dash, so that no area is told by
 * colour alone. The colours stand out from light and dark grounds.
 */

import { makeShape } from "./elements.js";

const COLOURS = ["#c2620c", "#2e8b57", "#a35cc4", "#0b84d8", "#d1495b"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/** The page's own colour, which depends on the theme. */
export const ACCENT = "accent";

/**
 * @typedef {Object} Stroke
 * @property {string} colour Of CSS, or `ACCENT`.
 * @property {number[]} dash Lengths of lines and gaps, in pixels.
 */

/** The look of the area with a number. */
export function strokeOf(number) {
  return {
    colour: COLOURS[number % COLOURS.length],
    dash: DASHES[number % DASHES.length],
  };
}

/** Makes a short line as a sample of a look. */
export function sample({ colour, dash }) {
  const picture = makeShape("svg", {
    viewBox: "0 0 28 10", "aria-hidden": true,
  });
  const line = makeShape("line", {
    x1: 0, y1: 5, x2: 28, y2: 5, "stroke-width": 3,
    "stroke-dasharray": dash.join(" "),
  });
  line.style.stroke = colour === ACCENT ? "var(--accent)" : colour;
  picture.append(line);
  return picture;
}
