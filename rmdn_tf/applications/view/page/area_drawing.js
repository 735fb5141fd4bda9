/** Draws areas with the mouse: new ones, and the corners of the chosen one. */

import { flawOf, inFrame, rectangle } from "./areas.js";
import { byId } from "./elements.js";

/** Distance in pixels at which a click meets the first corner. */
const NEAR = 12;

const HELP = {
  rectangle: "Drag over the video. Escape ends.",
  polygon: "Click each corner; a click on the first corner, or Enter, closes "
    + "the area. Backspace takes the last corner back, Escape ends.",
};

export class AreaDrawing {
  /**
   * @param {SVGElement} surface Over the video.
   * @param {import("./areas.js").Areas} areas
   * @param {function(number[][]): void} onDraft Takes the corners of the area
   *   that is being drawn.
   */
  constructor(surface, areas, onDraft) {
    this.surface = surface;
    this.areas = areas;
    this.onDraft = onDraft;
    this.kind = null;
    this.corners = [];
    for (const kind of ["rectangle", "polygon"]) {
      this.buttonOf(kind).addEventListener("click", () =>
        this.begin(this.kind === kind ? null : kind));
    }
    surface.addEventListener("pointerdown", (event) => this.press(event));
    surface.addEventListener("pointermove", (event) => this.move(event));
    surface.addEventListener("pointerup", (event) => this.release(event));
    surface.addEventListener("pointercancel", () => this.cancel());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  buttonOf(kind) {
    return byId(`draw-${kind}`);
  }

  /** Begins to draw an area of a kind; null ends drawing. */
  begin(kind) {
    this.kind = kind;
    this.start = null;
    this.setCorners([]);
    for (const one of ["rectangle", "polygon"]) {
      this.buttonOf(one).setAttribute("aria-pressed", one === kind);
    }
    this.surface.classList.toggle("drawing", kind !== null);
    byId("draw-help").textContent = HELP[kind] ?? "";
  }

  setCorners(corners) {
    this.corners = corners;
    this.onDraft(corners);
  }

  press(event) {
    if (!this.kind || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    const place = placeOf(event, this.surface);
    if (this.kind === "rectangle") {
      this.start = place;
      this.surface.setPointerCapture(event.pointerId);
    } else if (this.meetsFirst(event)) this.close();
    else this.setCorners([...this.corners, place]);
  }

  move(event) {
    if (!this.kind || !event.isPrimary) return;
    const place = placeOf(event, this.surface);
    if (this.start) this.setCorners(rectangle(this.start, place));
    else if (this.kind === "polygon" && this.corners.length) {
      this.onDraft([...this.corners, place]);
    }
  }

  release(event) {
    if (!this.start || !event.isPrimary) return;
    this.start = null;
    this.close();
  }

  /** Forgets a rectangle whose touch has become a gesture of the system. */
  cancel() {
    if (!this.start) return;
    this.start = null;
    this.setCorners([]);
  }

  /** Whether a click is on the first corner of a polygon. */
  meetsFirst(event) {
    if (this.corners.length < 3) return false;
    const { width, height } = this.surface.getBoundingClientRect();
    const [x, y] = placeOf(event, this.surface);
    const [firstX, firstY] = this.corners[0];
    return Math.hypot((x - firstX) * width, (y - firstY) * height) < NEAR;
  }

  /** Makes the area of the corners, if they are valid. */
  close() {
    const { corners, kind } = this;
    const flaw = flawOf(corners);
    if (flaw) {
      byId("draw-help").textContent = `${flaw} ${HELP[kind]}`;
      if (kind === "rectangle") this.setCorners([]);
      return;
    }
    this.begin(null);
    this.areas.add(kind, corners);
  }

  key(event) {
    if (!this.kind || event.target.closest("input, select")) return;
    if (event.key === "Escape") this.begin(null);
    else if (this.kind !== "polygon") return;
    else if (event.key === "Enter" && this.corners.length) this.close();
    else if (event.key === "Backspace") {
      this.setCorners(this.corners.slice(0, -1));
    } else return;
    event.preventDefault();
  }
}

/** The place of a pointer on an element, 0 to 1. */
export function placeOf({ clientX, clientY }, element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return [(clientX - left) / width, (clientY - top) / height].map(inFrame);
}
