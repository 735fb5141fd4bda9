/** Says how far the upload and the network are. */

import { byId } from "./elements.js";
import { about } from "./text.js";

/** Least time between two texts, which a screen reader reads aloud. */
const PAUSE = 2000;

export class Progress {
  constructor() {
    this.start();
  }

  /** Begins anew, as for another video. */
  start() {
    this.saidAt = -Infinity;
    this.begin = null;
    this.show(0, "");
  }

  /** Shows the upload: the part that is sent, from 0 to 1. */
  showUpload(part) {
    this.show(part, part < 1 ? "Sending the video to the server"
      : "The server opens the video");
  }

  /** @param {Object} video As the server describes it. */
  showVideo({ state, error, densities, frames, kind }) {
    const parts = Object.values(densities);
    const part = parts.reduce((sum, one) => sum + (one.progress ?? 0), 0)
      / parts.length;
    const isUnknown = parts.some((one) => one.progress === null);
    const records = parts.reduce((sum, one) => sum + one.records, 0);
    if (error || state === "failed") this.show(part || 0, "Stopped", true);
    else if (state === "done") {
      const unit = frames === 1 ? "frame" : "frames";
      const what = kind === "picture" || !frames ? "" : `: ${frames} ${unit}`;
      this.show(1, `Computed${what}`, true);
    } else if (state === "waiting") {
      this.show(null, "Waiting until the server ends other work");
    } else if (!records) this.show(null, "Loading the network");
    else if (isUnknown) this.show(null, "Computing attention");
    else {
      this.show(part, `Computing attention: ${Math.floor(100 * part)}\u00a0%`
        + this.remaining(part));
    }
  }

  /** How long the rest will take, from the speed so far. */
  remaining(part) {
    const now = performance.now();
    this.begin ??= { now, part };
    const done = part - this.begin.part;
    const seconds = (now - this.begin.now) / 1000;
    if (done <= 0 || seconds < 2) return "";
    return `, about ${about(seconds / done * (1 - part))} left`;
  }

  show(part, text, isLast = false) {
    const bar = byId("progress");
    bar.hidden = part === 1;
    if (part === null) bar.removeAttribute("value");
    else bar.value = part;
    const now = performance.now();
    const line = byId("progress-text");
    if (line.textContent === text) return;
    if (isLast || now - this.saidAt > PAUSE || !line.textContent) {
      line.textContent = text;
      this.saidAt = now;
    }
  }
}
