/** Draws the strongest components of a mixture as ellipses. */

import { drawLines, lineColour } from "./lines.js";
import { logWeights } from "./mixture.js";

/** Largest number of ellipses, and their size in standard deviations. */
const MOST = 5;
const DEVIATIONS = 2;
const CORNERS = 64;

/**
 * Draws the strongest components over a canvas. The brightest is the strongest.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {{mixture: Float32Array, weight: number}[]} parts Mixtures and their
 *   weights, which sum to 1.
 */
export function drawEllipses(context, parts) {
  drawLines(context, strongest(parts).map(({ component, strength }) => ({
    points: outline(component),
    colour: lineColour(strength),
  })));
}

/**
 * Finds the strongest components.
 *
 * @param {{mixture: Float32Array, weight: number}[]} parts
 * @returns {{component: Float32Array, strength: number}[]} Their numbers, and
 *   their weights over the largest weight.
 */
export function strongest(parts) {
  const components = parts.flatMap(({ mixture, weight }) =>
    logWeights(mixture).map((logWeight, k) => ({
      component: mixture.subarray(6 * k, 6 * k + 6),
      logWeight: logWeight + Math.log(weight),
    })));
  components.sort((a, b) => b.logWeight - a.logWeight);
  return components.slice(0, MOST).map(({ component, logWeight }) => ({
    component,
    strength: Math.exp(logWeight - components[0].logWeight),
  }));
}

function outline([, x, y, logScaleX, logScaleY, correlation]) {
  const points = Array.from({ length: CORNERS }, (_, n) => {
    const angle = 2 * Math.PI * n / CORNERS;
    const u = DEVIATIONS * Math.cos(angle);
    const v = Math.tanh(correlation) * u
      + DEVIATIONS * Math.sin(angle) / Math.cosh(correlation);
    return [x + Math.exp(logScaleX) * u, y + Math.exp(logScaleY) * v];
  });
  return [...points, points[0]];
}
