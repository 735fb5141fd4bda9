/** The timeline: curves, cuts and the computed part; a slider to seek. */

import { drawCurves } from "./curves.js";
import { byId, fitCanvas, make } from "./elements.js";

/** Seconds of the arrow keys; part of the video of the page keys. */
const SECONDS = 1;
const PART = 0.1;

export class Timeline {
  /** @param {import("./player.js").Player} player */
  constructor(player) {
    this.player = player;
    this.slider = byId("timeline");
    this.canvas = byId("timeline-canvas");
    this.head = make("div", { className: "playhead" });
    this.slider.append(this.head);
    /** Rows of curves, cuts and the time up to which densities are known. */
    this.content = { rows: [], cuts: [], until: 0 };
    this.slider.addEventListener("keydown", (event) => this.key(event));
    this.slider.addEventListener("pointerdown", (event) => this.drag(event));
    new ResizeObserver(() => this.draw()).observe(this.slider);
    matchMedia("(prefers-color-scheme: dark)")
      .addEventListener("change", () => this.draw());
  }

  /**
   * Shows other content.
   *
   * @param {Object} content
   * @param {import("./curves.js").Row[]} content.rows
   * @param {number[]} content.cuts In seconds.
   * @param {number} content.until Time up to which densities are known.
   */
  update(content) {
    this.content = content;
    this.draw();
  }

  draw() {
    fitCanvas(this.canvas);
    const { duration } = this.player;
    drawCurves(this.canvas, { ...this.content, duration });
  }

  /**
   * Moves the slider.
   *
   * @param {number} time In seconds.
   * @param {string} reading What the curves say there.
   */
  moveTo(time, reading) {
    const { duration } = this.player;
    const place = duration ? Math.min(time / duration, 1) : 0;
    this.head.style.left = `${100 * place}%`;
    // A screen reader would read every frame aloud.
    if (!this.player.video.paused) return;
    this.slider.setAttribute("aria-valuemax", duration.toFixed(2));
    this.slider.setAttribute("aria-valuenow", time.toFixed(2));
    this.slider.setAttribute("aria-valuetext", reading);
  }

  key(event) {
    const { player } = this;
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
    const parts = { PageUp: PART, PageDown: -PART };
    if (event.key in steps && event.shiftKey) player.step(steps[event.key]);
    else if (event.key in steps) {
      player.seek(player.time + SECONDS * steps[event.key]);
    } else if (event.key in parts) {
      player.seek(player.time + parts[event.key] * player.duration);
    } else if (event.key === "Home") player.seek(0);
    else if (event.key === "End") player.seek(player.duration);
    else return;
    event.preventDefault();
  }

  drag(event) {
    const seek = ({ clientX }) => {
      const { left, width } = this.slider.getBoundingClientRect();
      this.player.seek((clientX - left) / width * this.player.duration);
    };
    seek(event);
    this.slider.setPointerCapture(event.pointerId);
    this.slider.addEventListener("pointermove", seek);
    this.slider.addEventListener("lostpointercapture", () =>
      this.slider.removeEventListener("pointermove", seek), { once: true });
  }
}
