/** The video or picture on the page. */

import { byId } from "./elements.js";

export class Media {
  /**
   * @param {function(): void} onShown Called when a picture is on the screen.
   * @param {function(): void} onRefused Called when the browser cannot show the
   *   file.
   */
  constructor(onShown, onRefused) {
    this.video = byId("video");
    this.picture = byId("picture");
    this.element = this.video;
    this.picture.addEventListener("load", onShown);
    for (const element of [this.video, this.picture]) {
      element.addEventListener("error", () => {
        if (element === this.element && element.src) onRefused();
      });
    }
    // A file with sound alone, of which the browser knows no picture.
    this.video.addEventListener("loadedmetadata", () => {
      if (!this.video.videoWidth) onRefused();
    });
  }

  /**
   * Shows a file.
   *
   * @param {string} address
   * @param {"video"|"picture"} kind
   */
  show(address, kind) {
    this.clear();
    this.element = kind === "picture" ? this.picture : this.video;
    this.element.hidden = false;
    this.element.src = address;
  }

  /** Shows nothing. */
  clear() {
    for (const element of [this.video, this.picture]) {
      if (element.src.startsWith("blob:")) URL.revokeObjectURL(element.src);
      element.removeAttribute("src");
      element.hidden = true;
    }
    this.video.load();
  }

  /** The width of the frame in pixels; 0 while nothing is shown. */
  get width() {
    return this.isPicture ? this.picture.naturalWidth : this.video.videoWidth;
  }

  /** The height of the frame in pixels. */
  get height() {
    return this.isPicture ? this.picture.naturalHeight : this.video.videoHeight;
  }

  get isPicture() {
    return this.element === this.picture;
  }
}
