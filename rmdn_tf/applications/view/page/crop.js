/** Previews the crop that follows attention. */

import { byId } from "./elements.js";
import { lastAtMost } from "./keyframes.js";

/**
 * @typedef {Object} CropPath Boxes by time, in parts of the frame.
 * @property {number[]} times In seconds.
 * @property {number[][]} boxes [left, above, width, height] at each time.
 */

/** Longest side of the preview, in pixels. */
const MOST_PIXELS = 480;

export class Crop {
  /**
   * @param {function(string): Promise<?CropPath>} load Takes an aspect such as
   *   "9:16"; gives null while the path is not known.
   * @param {function(): void} onChange
   */
  constructor(load, onChange) {
    this.load = load;
    this.onChange = onChange;
    this.select = byId("aspect");
    this.canvas = byId("crop-preview");
    this.reset();
    this.select.addEventListener("change", () => this.choose());
  }

  /** Forgets the path, as for another video. */
  reset() {
    /** @type {?CropPath} */
    this.path = null;
    /** Stands for the newest request; others are out of date. */
    this.request = null;
    this.select.value = "";
    this.say("");
  }

  /** The aspect that is chosen; "" for none. */
  get aspect() {
    return this.select.value;
  }

  /**
   * Loads the path of the chosen aspect; call it again when more is known, or
   * for another model.
   */
  async choose() {
    const { aspect } = this;
    const request = this.request = Symbol(aspect);
    this.path = null;
    this.say(aspect ? "Computing the path of the crop." : "");
    this.onChange();
    if (!aspect) return;
    const path = await this.load(aspect);
    if (request !== this.request) return;
    this.path = path;
    this.say(path ? "" : "The path needs the attention in the whole video. It "
      + "appears when the network has seen all frames.");
    this.onChange();
  }

  /** Whether an aspect is chosen whose path is missing. */
  get isWaiting() {
    return this.aspect !== "" && !this.path;
  }

  /** The box at a time; null if none is chosen or known. */
  boxAt(time) {
    if (!this.path) return null;
    const place = lastAtMost(this.path.times, time + 1e-4);
    return this.path.boxes[Math.max(place, 0)];
  }

  /**
   * Shows what the crop keeps of the frame on the screen.
   *
   * @param {import("./media.js").Media} media
   * @param {number} time In seconds.
   */
  draw(media, time) {
    const box = this.boxAt(time);
    this.canvas.hidden = !box;
    if (!box || !media.width) return;
    const [left, above, width, height] = box.map((part, n) =>
      part * (n % 2 ? media.height : media.width));
    const scale = Math.min(1, MOST_PIXELS / Math.max(width, height));
    const size = [width, height].map((side) => Math.round(side * scale));
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1]) {
      [this.canvas.width, this.canvas.height] = size;
    }
    this.canvas.getContext("2d").drawImage(
      media.element, left, above, width, height, 0, 0, ...size);
  }

  say(text) {
    byId("crop-help").textContent = text;
  }
}
