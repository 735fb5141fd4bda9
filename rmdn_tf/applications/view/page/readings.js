/** What the curves show: rows for the timeline, and the words for a moment. */

import { ACCENT, strokeOf } from "./strokes.js";
import { percent, signed } from "./text.js";

/** The look of the entropy of each model: that of the second is dashed. */
export function trackStroke(number) {
  return { colour: ACCENT, dash: number ? [6, 4] : [] };
}

/**
 * Makes the rows of curves.
 *
 * @param {Object} shown
 * @param {{times: number[], entropies: number[]}[]} shown.tracks
 * @param {{number: number, times: number[], values: number[]}[]} shown.areas
 * @returns {import("./curves.js").Row[]}
 */
export function rowsOf({ tracks, areas }) {
  const all = tracks.flatMap(({ entropies }) => entropies);
  const low = all.reduce((a, b) => Math.min(a, b), -0.5);
  const high = all.reduce((a, b) => Math.max(a, b), low);
  const margin = Math.max((high - low) / 8, 0.05);
  const rows = [{
    title: "Concentration, highest for one place",
    // Upside down: a low entropy is drawn high.
    low: high + margin,
    high: low - margin,
    curves: tracks.map(({ times, entropies }, n) => ({
      times, values: entropies, stroke: trackStroke(n),
    })),
  }];
  if (areas.length) rows.push(sharesRow(areas));
  return rows;
}

function sharesRow(areas) {
  const most = areas.flatMap(({ values }) => values)
    .reduce((a, b) => Math.max(a, b), 0);
  const high = [0.1, 0.25, 0.5].find((one) => most <= one) ?? 1;
  return {
    title: `Share of the attention in the areas, 0 to ${100 * high}\u00a0%`,
    low: 0,
    high,
    curves: areas.map(({ number, times, values }) => ({
      times, values, stroke: strokeOf(number),
    })),
  };
}

/**
 * Puts the entropy of a moment into words.
 *
 * @param {number} entropy In bits, 0 if attention is everywhere alike.
 * @returns {string}
 */
export function entropyText(entropy) {
  return `attention is as if spread evenly over ${percent(2 ** entropy)} of`
    + ` the frame (entropy ${signed(entropy)}\u00a0bits)`;
}
