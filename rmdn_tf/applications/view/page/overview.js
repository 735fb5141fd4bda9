/** Attention over time: curves, their legend, and the numbers of a moment. */

import { byId, make, setText } from "./elements.js";
import { entropy } from "./grid.js";
import { entropyText, rowsOf, trackStroke } from "./readings.js";
import { Shares } from "./shares.js";
import { sample, strokeOf } from "./strokes.js";
import { clockTime } from "./text.js";
import { Timeline } from "./timeline.js";

/** Time between two drawings of growing curves, in milliseconds. */
const PAUSE = 200;

const NOT_KNOWN = "The density of this frame is not computed yet.";

export class Overview {
  /**
   * @param {import("./player.js").Player} player
   * @param {import("./areas.js").Areas} areas
   */
  constructor(player, areas) {
    this.areas = areas;
    this.player = player;
    this.timeline = new Timeline(player);
    /** Curves of each keyframes so far. */
    this.shares = new Map();
    /** The names of models, and their keyframes. */
    this.tracks = [];
    areas.addEventListener("change", () => this.show(this.tracks));
  }

  /** Shows the curves of models; call it again when there are more. */
  show(tracks) {
    this.tracks = tracks;
    for (const { keyframes } of tracks) {
      if (!this.shares.has(keyframes)) {
        const shares = new Shares(keyframes, () => this.drawSoon());
        this.shares.set(keyframes, shares);
      }
      this.shares.get(keyframes).setAreas(this.areas.list);
    }
    this.drawSoon();
  }

  /** Forgets all curves, as for another video. */
  reset() {
    this.shares.clear();
    this.show([]);
  }

  drawSoon() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.draw();
    }, PAUSE);
  }

  draw() {
    const known = this.tracks.map(({ keyframes }) => ({
      keyframes, shares: this.shares.get(keyframes),
    }));
    const rows = rowsOf({
      tracks: this.tracks.map(({ keyframes }) => keyframes),
      // Two tracks would make twice as many curves: the first one's are shown.
      areas: known.slice(0, 1).flatMap(({ keyframes, shares }) =>
        this.areas.list.map(({ number }) => ({
          number, times: keyframes.times, values: shares.valuesOf(number),
        }))),
    });
    const until = known.length
      ? Math.min(...known.map(({ keyframes }) => keyframes.until)) : 0;
    const cuts = this.tracks[0]?.keyframes.cuts ?? [];
    this.player.cuts = cuts;
    this.timeline.update({ rows, cuts, until });
    byId("timeline").classList.toggle("tall", rows.length > 1);
    this.drawLegend();
  }

  drawLegend() {
    const item = (stroke, text) =>
      make("li", {}, sample(stroke), make("span", { textContent: text }));
    const several = this.tracks.length > 1;
    byId("legend").replaceChildren(
      ...this.tracks.map(({ name }, n) => item(
        trackStroke(n),
        several ? `Concentration, ${name}` : "Concentration")),
      ...this.areas.list.map(({ number, name }) =>
        item(strokeOf(number), several
          ? `${name}, ${this.tracks[0].name}` : name)),
    );
  }

  /**
   * Tells the numbers of a moment.
   *
   * @param {number} time In seconds.
   * @returns {function(number): {name: string, share: number}[]} Takes the
   *   number of an area; gives its share of each density that is known.
   */
  moment(time) {
    const known = this.tracks.flatMap(({ name, keyframes }) => {
      const grid = keyframes.gridAt(time);
      return grid ? [{ name, grid, shares: this.shares.get(keyframes) }] : [];
    });
    const several = this.tracks.length > 1;
    const sentences = known.map(({ name, grid }) =>
      `${several ? `${name}: ` : ""}${entropyText(entropy(grid))}.`);
    this.say(sentences.length ? sentences : [NOT_KNOWN]);
    this.timeline.moveTo(time, [clockTime(time), ...sentences].join(". "));
    return (number) => known.map(({ name, grid, shares }) =>
      ({ name, share: shares.shareOf(number, grid) }));
  }

  /** Shows a line for each model. */
  say(sentences) {
    const lines = byId("reading");
    while (lines.children.length > sentences.length) lines.lastChild.remove();
    sentences.forEach((sentence, n) => {
      setText(lines.children[n] ?? lines.appendChild(make("p")), sentence);
    });
  }
}
