/** Says how far the download and the network are, and how fast. */

import { byId, setText } from "./view/elements.js";
import { Progress } from "./view/progress.js";
import { size } from "./view/text.js";

/** The video plays at this share of the network's speed. */
const MARGIN = 0.95;

/** The slowest speed that browsers can play. */
const SLOWEST = 0.1;

export class Readout {
  constructor() {
    this.progress = new Progress();
  }

  start() {
    this.progress.start();
    setText(byId("speed"), "");
  }

  /** @param {{done: number, all: number}} bytes */
  showDownload({ done, all }) {
    const text = done < all ? `Downloading the network: ${size(all)}, once`
      : "Starting the network";
    this.progress.show(done / all, text);
  }

  showPicture() {
    this.progress.show(1, "Computed", true);
  }

  /**
   * Shows how far an analysis is.
   *
   * @param {import("./analysis.js").Analysis} analysis
   * @param {number} rate Frames a second that the network looks at.
   * @returns {number} The speed at which the video can play, at most 1.
   */
  showAnalysis({ part, speed, whole }, rate) {
    if (part === 1) {
      this.progress.show(1, `Computed: ${whole.keyframes.length} frames`, true);
      setText(byId("speed"), "");
      return 1;
    }
    this.progress.show(part, `Computing attention: ${Math.floor(100 * part)}`
      + `\u00a0%${this.progress.remaining(part)}`);
    const share = speed * MARGIN / rate;
    if (!speed || share >= 1) return 1;
    const shown = Math.max(SLOWEST, Math.floor(share * 20) / 20);
    setText(byId("speed"), `The network computes ${speed.toFixed(1)} frames a `
      + `second on this device, and the video needs ${rate}: it plays at `
      + `${Math.round(100 * shown)}\u00a0% of its speed until all is computed.`);
    return shown;
  }

  /**
   * Shows the speed of the frames on the screen.
   *
   * @param {number} speed Frames a second.
   * @param {number} rate Frames a second that the network was made for.
   */
  showLive(speed, rate) {
    this.progress.show(1, "Computing the frames on the screen", true);
    const shown = Math.min(speed, rate).toFixed(1);
    const isSlow = speed < 0.9 * rate;
    setText(byId("speed"), `${shown} of ${rate} frames a second.`
      + (isSlow ? " This device is too slow for all of them, so the densities "
        + "are less exact, and late." : ""));
  }
}
