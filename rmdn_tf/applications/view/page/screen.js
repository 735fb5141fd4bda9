/** Draws densities over the video; with a second one, over a copy beside it. */

import { drawContours } from "./contours.js";
import { byId, fitCanvas } from "./elements.js";
import { drawEllipses } from "./ellipses.js";
import { drawGaze } from "./gaze.js";
import { drawHeat } from "./heat.js";

/**
 * The styles, by name: each draws a moment of keyframes.
 *
 * @type {Object<string, function(CanvasRenderingContext2D,
 *   import("./keyframes.js").Keyframes, number): void>}
 */
export const STYLES = {
  heat: (context, keyframes, time) =>
    drawHeat(context, keyframes.gridAt(time)),
  contours: (context, keyframes, time) =>
    drawContours(context, keyframes.gridAt(time)),
  ellipses: (context, keyframes, time) =>
    drawEllipses(context, keyframes.partsAt(time)),
  none: () => {},
};

/**
 * @typedef {Object} Look What is drawn over the video.
 * @property {string} style A name of `STYLES`.
 * @property {?import("./keyframes.js").Keyframes} first
 * @property {?import("./keyframes.js").Keyframes} second Drawn beside the
 *   first; null for one picture.
 * @property {?import("./gaze.js").Gaze} gaze
 */

export class Screen {
  /** @param {import("./media.js").Media} media */
  constructor(media) {
    this.media = media;
    this.canvas = byId("overlay");
    this.copy = byId("overlay-b");
  }

  /** Gives the panels the shape of the frame, width over height. */
  setShape(ratio) {
    byId("panels").style.setProperty("--ratio", ratio);
  }

  /**
   * Draws a moment.
   *
   * @param {number} time In seconds.
   * @param {Look} look
   */
  draw(time, look) {
    const { first, second } = look;
    byId("panel-b").hidden = !second;
    this.paint(this.canvas, time, look, first, byId("not-yet"));
    if (second) {
      this.paint(this.copy, time, look, second, byId("not-yet-b"), true);
    }
  }

  paint(canvas, time, look, keyframes, note, withFrame = false) {
    const { media } = this;
    fitCanvas(canvas);
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (withFrame && media.width) {
      context.drawImage(media.element, 0, 0, canvas.width, canvas.height);
    }
    const isKnown = Boolean(keyframes?.around(time));
    if (isKnown) STYLES[look.style](context, keyframes, time);
    note.hidden = isKnown || !media.width;
    if (look.gaze) drawGaze(context, look.gaze, time);
  }
}
