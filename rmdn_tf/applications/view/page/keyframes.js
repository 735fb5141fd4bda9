/** The densities of a video: where the network ran, and between. */

import { blend } from "./grid.js";
import { evaluate } from "./mixture.js";

/** Grids that are kept: those of the moments around the one on the screen. */
const KEPT = 8;

/** Keeps the mixture of each run of the network; gives that of any time. */
export class Keyframes {
  /**
   * @param {number} rows Of the grids.
   * @param {number} columns
   */
  constructor(rows, columns) {
    this.rows = rows;
    this.columns = columns;
    this.times = [];
    this.mixtures = [];
    this.entropies = [];
    this.areAfterCuts = [];
    this.isComplete = false;
    this.grids = new Map();
  }

  /**
   * Adds the next run.
   *
   * @param {import("./records.js").Record} record Of a later time.
   */
  add({ time, mixture, entropy, isAfterCut }) {
    this.times.push(time);
    this.mixtures.push(mixture);
    this.entropies.push(entropy);
    this.areAfterCuts.push(isAfterCut);
  }

  /** The times of the first runs after cuts, in seconds. */
  get cuts() {
    return this.times.filter((_, n) => this.areAfterCuts[n]);
  }

  /** The number of runs so far. */
  get length() {
    return this.times.length;
  }

  /** The time up to which densities are known, in seconds. */
  get until() {
    if (this.isComplete) return Infinity;
    return this.times.at(-1) ?? 0;
  }

  /**
   * Tells which runs make the density of a time.
   *
   * @param {number} time In seconds.
   * @returns {?{first: number, second: ?number, share: number}} Numbers of
   *   runs, and the share of the second; null if the density is not known.
   */
  around(time) {
    if (this.length === 0 || time > this.until) return null;
    const first = Math.max(0, lastAtMost(this.times, time));
    const second = first + 1;
    const fades = second < this.length && time > this.times[first];
    if (!fades) return { first, second: null, share: 0 };
    const duration = this.times[second] - this.times[first];
    return { first, second, share: (time - this.times[first]) / duration };
  }

  /**
   * Gives the density of a time.
   *
   * @param {number} time In seconds.
   * @returns {?import("./mixture.js").Grid} null if it is not known.
   */
  gridAt(time) {
    const moment = this.around(time);
    if (!moment) return null;
    const first = this.grid(moment.first);
    if (moment.second === null) return first;
    return blend(first, this.grid(moment.second), moment.share);
  }

  /**
   * Gives the mixtures whose weighted sum is the density of a time.
   *
   * @param {number} time In seconds, at which the density is known.
   * @returns {{mixture: Float32Array, weight: number}[]}
   */
  partsAt(time) {
    const { first, second, share } = this.around(time);
    const parts = [{ mixture: this.mixtures[first], weight: 1 - share }];
    if (second !== null) {
      parts.push({ mixture: this.mixtures[second], weight: share });
    }
    return parts;
  }

  /** The density of a run, by its number. */
  grid(number) {
    let grid = this.grids.get(number);
    if (!grid) {
      grid = evaluate(this.mixtures[number], this.rows, this.columns);
      this.grids.set(number, grid);
      if (this.grids.size > KEPT) {
        this.grids.delete(this.grids.keys().next().value);
      }
    }
    return grid;
  }
}

/** The last place of sorted numbers that are at most a number; or -1. */
export function lastAtMost(sorted, number) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= number) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
