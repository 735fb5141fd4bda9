/** Shows areas and the crop over the video; areas can be dragged. */

import { placeOf } from "./area_drawing.js";
import { flawOf, inFrame, rectangle } from "./areas.js";
import { make, makeShape } from "./elements.js";
import { strokeOf } from "./strokes.js";

export class Shapes {
  /**
   * @param {SVGElement} surface Over the video.
   * @param {HTMLElement} names Over the video, for texts and handles.
   * @param {SVGElement} copy Over the second panel.
   * @param {import("./areas.js").Areas} areas
   */
  constructor(surface, names, copy, areas) {
    this.surface = surface;
    this.copy = copy;
    this.names = names;
    this.areas = areas;
    this.draft = [];
    this.crop = null;
    this.outside = makeShape("path", {
      class: "outside", "fill-rule": "evenodd",
    });
    this.frame = makeShape("path", { class: "crop" });
    this.drawn = makeShape("g");
    surface.append(this.outside, this.frame, this.drawn);
    areas.addEventListener("change", () => this.draw());
  }

  /** Shows the corners of an area that is being drawn. */
  setDraft(corners) {
    this.draft = corners;
    this.draw();
  }

  /** Outlines a box [left, above, width, height]; null for none. */
  setCrop(box) {
    const corners = box && rectangle(
      box.slice(0, 2), [box[0] + box[2], box[1] + box[3]]);
    const path = box ? `M${corners.join("L")}Z` : "";
    this.outside.setAttribute("d", box ? `M0,0H1V1H0Z${path}` : "");
    this.frame.setAttribute("d", path);
  }

  draw() {
    const { list, chosen, numMade } = this.areas;
    this.names.replaceChildren();
    const shapes = list.flatMap((area) => this.shapesOf(area));
    if (this.draft.length) {
      const look = { points: this.draft, number: numMade, name: "" };
      shapes.push(...this.shapesOf(look));
    }
    this.drawn.replaceChildren(...shapes);
    this.copy.replaceChildren(this.drawn.cloneNode(true));
    const area = list.find(({ number }) => number === chosen);
    if (area) area.points.forEach((_, n) => this.addHandle(area, n));
  }

  /** A rim, the line of the area's look, and its name. */
  shapesOf(area) {
    const { points, number, name } = area;
    const { colour, dash } = strokeOf(number);
    const corners = points.map((point) => point.join()).join(" ");
    const isChosen = number === this.areas.chosen;
    const line = makeShape("polygon", {
      class: isChosen ? "area chosen" : "area", points: corners,
      stroke: colour, "stroke-dasharray": dash.join(" "),
    });
    line.addEventListener("pointerdown", (event) => this.drag(event, area));
    if (name) this.addName(name, points);
    return [makeShape("polygon", { class: "rim", points: corners }), line];
  }

  addName(name, points) {
    const text = make("span", { textContent: name });
    const [x, y] = points.reduce((a, b) => (b[1] < a[1] ? b : a));
    const left = Math.min(...points.map((point) => point[0]), x);
    text.style.left = `${100 * left}%`;
    text.style.top = `${100 * y}%`;
    this.names.append(text);
  }

  addHandle(area, n) {
    const handle = make("i");
    const [x, y] = area.points[n];
    handle.style.left = `${100 * x}%`;
    handle.style.top = `${100 * y}%`;
    handle.addEventListener("pointerdown", (event) =>
      this.drag(event, area, n));
    this.names.append(handle);
  }

  /** Moves a corner of an area with the pointer, or the area as a whole. */
  drag(event, area, corner = null) {
    event.preventDefault();
    const { points } = area;
    const begin = placeOf(event, this.surface);
    this.areas.choose(area.number);
    const move = (now) => {
      const place = placeOf(now, this.surface);
      const moved = corner === null
        ? shifted(points, place[0] - begin[0], place[1] - begin[1])
        : withCorner(area.kind, points, corner, place);
      if (!flawOf(moved)) this.areas.change(area.number, { points: moved });
    };
    const end = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
  }
}

/** Moves all corners, but none out of the frame. */
function shifted(points, right, down) {
  const [x, y] = [right, down].map((shift, axis) => {
    const places = points.map((point) => point[axis]);
    const least = -Math.min(...places);
    return Math.min(Math.max(shift, least), 1 - Math.max(...places));
  });
  return points.map((point) => [inFrame(point[0] + x), inFrame(point[1] + y)]);
}

/** Moves one corner; a rectangle stays a rectangle. */
function withCorner(kind, points, corner, place) {
  if (kind === "rectangle") {
    return rectangle(points[(corner + 2) % 4], place);
  }
  return points.map((point, n) => (n === corner ? place : point));
}
