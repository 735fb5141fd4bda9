/** Draws densities over the video; with a second one, over a copy beside it. */

import { byId, fitCanvas } from "./elements.js";
import { drawGaze } from "./gaze.js";
import { drawDensity } from "./overlay.js";

/**
 * @typedef {Object} Look What is drawn over the video.
 * @property {string} style Of the densities, see `overlay.js`.
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
    const isKnown = Boolean(keyframes)
      && drawDensity(context, keyframes, time, look.style);
    note.hidden = isKnown || !media.width;
    if (look.gaze) drawGaze(context, look.gaze, time);
  }
}
