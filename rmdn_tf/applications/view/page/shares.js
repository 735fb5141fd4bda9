/** The share of attention in each area at all times. */

import { coverage } from "./coverage.js";
import { share } from "./grid.js";
import { evaluate } from "./mixture.js";

/** Time that may pass before the page answers, in milliseconds. */
const PATIENCE = 8;

/** Computes curves over the runs of the network, while the page has time. */
export class Shares {
  /**
   * @param {import("./keyframes.js").Keyframes} keyframes
   * @param {function(): void} onMore Called when the curves have grown.
   */
  constructor(keyframes, onMore) {
    this.keyframes = keyframes;
    this.onMore = onMore;
    /** By number of an area: corners, coverage, shares at runs. */
    this.curves = new Map();
    this.isWaiting = false;
  }

  /** Takes the areas as they are now; those that changed are computed anew. */
  setAreas(list) {
    const before = this.curves;
    this.curves = new Map(list.map(({ number, points }) => {
      const known = before.get(number);
      if (known && known.points === points) return [number, known];
      const { rows, columns } = this.keyframes;
      const covered = coverage(points, rows, columns);
      return [number, { points, covered, values: [] }];
    }));
    this.more();
  }

  /** The share of a density in the area of a number. */
  shareOf(number, grid) {
    return share(grid, this.curves.get(number).covered);
  }

  /** The shares in the area of a number, at the runs computed so far. */
  valuesOf(number) {
    return this.curves.get(number)?.values ?? [];
  }

  /** Computes what is missing. Call it when there are more runs. */
  more() {
    if (this.isWaiting || this.next() === null) return;
    this.isWaiting = true;
    setTimeout(() => {
      this.isWaiting = false;
      const end = performance.now() + PATIENCE;
      while (performance.now() < end && this.next() !== null) {
        this.compute(this.next());
      }
      this.onMore();
      this.more();
    });
  }

  /** The first run that some curve lacks; null if none does. */
  next() {
    const lengths = [...this.curves.values()].map((one) => one.values.length);
    const first = Math.min(...lengths);
    return first < this.keyframes.length ? first : null;
  }

  compute(number) {
    const { mixtures, rows, columns } = this.keyframes;
    const grid = evaluate(mixtures[number], rows, columns);
    for (const { covered, values } of this.curves.values()) {
      if (values.length === number) values.push(share(grid, covered));
    }
  }
}
