/** The list of areas beside the video: names, shares, numbers, deletion. */

import { flawOf, inFrame, rectangle } from "./areas.js";
import { byId, make, setText } from "./elements.js";
import { sample, strokeOf } from "./strokes.js";
import { percent } from "./text.js";

const UNKNOWN = "Not computed yet";

export class AreaList {
  /** @param {import("./areas.js").Areas} areas */
  constructor(areas) {
    this.areas = areas;
    this.list = byId("areas");
    this.items = new Map();
    areas.addEventListener("change", () => this.show());
    byId("add-area").addEventListener("click", () => {
      areas.add("rectangle", rectangle([0.25, 0.25], [0.75, 0.75]));
      const { item } = this.items.get(areas.chosen);
      item.querySelector("details").open = true;
      item.querySelector("details input").focus();
    });
  }

  /**
   * Shows the shares of a moment.
   *
   * @param {function(number): {name: string, share: number}[]} sharesOf Takes
   *   the number of an area; gives its share of each density on the screen.
   */
  showShares(sharesOf) {
    for (const [number, { output }] of this.items) {
      const shares = sharesOf(number);
      const texts = shares.length > 1
        ? shares.map(({ name, share }) => `${name}: ${percent(share)}`)
        : shares.map(({ share }) => `${percent(share)} of the attention`);
      setText(output, texts.join(", ") || UNKNOWN);
    }
  }

  /** Adds, removes and updates items; a field with the focus stays. */
  show() {
    const { list, chosen } = this.areas;
    for (const [number, { item }] of this.items) {
      if (list.some((area) => area.number === number)) continue;
      item.remove();
      this.items.delete(number);
    }
    for (const area of list) {
      if (!this.items.has(area.number)) this.add(area);
      const { item, fields, remove } = this.items.get(area.number);
      item.classList.toggle("chosen", area.number === chosen);
      remove.setAttribute("aria-label", `Delete ${area.name}`);
      fields.update(area);
    }
  }

  add(area) {
    const { number } = area;
    const output = make("p", { className: "share", textContent: UNKNOWN });
    const name = make("input", {
      type: "text", value: area.name, maxLength: 60, "aria-label": "Name",
      oninput: () => this.rename(number, name),
      onblur: () => { name.value = this.nameOf(number); },
    });
    const remove = make("button", {
      type: "button", className: "quiet", textContent: "Delete",
      onclick: () => this.remove(number),
    });
    const fields = new CornerFields((points) =>
      this.areas.change(number, { points }));
    const item = make("li", {},
      make("div", { className: "area-head" },
        sample(strokeOf(number)), name, remove),
      output,
      make("details", {},
        make("summary", { textContent: "Corners, in percent" }),
        fields.element));
    item.addEventListener("focusin", () => {
      if (this.areas.chosen !== number) this.areas.choose(number);
    });
    this.items.set(number, { item, output, fields, remove });
    this.list.append(item);
  }

  nameOf(number) {
    return this.areas.list.find((area) => area.number === number)?.name ?? "";
  }

  rename(number, field) {
    const name = field.value.trim();
    if (name) this.areas.change(number, { name });
  }

  /** Removes an area; the focus goes on to what stays. */
  remove(number) {
    this.areas.remove(number);
    const next = this.list.querySelector("input") ?? byId("draw-rectangle");
    next.focus();
  }
}

/** Number fields for the corners of an area. */
class CornerFields {
  /** @param {function(number[][]): void} onChange Takes the new corners. */
  constructor(onChange) {
    this.onChange = onChange;
    this.element = make("div", { className: "numbers" });
    this.fields = [];
  }

  /** Shows the corners of an area. */
  update(area) {
    const numbers = numbersOf(area);
    if (numbers.length !== this.fields.length) this.build(area, numbers);
    numbers.forEach(({ value }, n) => {
      this.fields[n].value = (100 * value).toFixed(1);
    });
  }

  build(area, numbers) {
    const { kind } = area;
    this.fields = numbers.map(() => make("input", {
      type: "number", min: 0, max: 100, step: 0.1, required: true,
      onchange: () => this.read(kind),
    }));
    this.element.replaceChildren(...numbers.map(({ label }, n) =>
      make("label", {}, label, this.fields[n])));
  }

  /** Takes the numbers, if all are valid. */
  read(kind) {
    this.fields[0].setCustomValidity("");
    if (!this.fields.every((field) => field.reportValidity())) return;
    const values = this.fields.map((field) => inFrame(field.value / 100));
    const pairs = values.flatMap((x, n) =>
      (n % 2 ? [] : [[x, values[n + 1]]]));
    const points = kind === "rectangle" ? rectangle(...pairs) : pairs;
    const flaw = flawOf(points);
    this.fields[0].setCustomValidity(flaw);
    if (!flaw) this.onChange(points);
    else this.fields[0].reportValidity();
  }
}

/** What the fields of an area are called, and their values. */
function numbersOf({ kind, points }) {
  if (kind === "rectangle") {
    const values = [...points[0], ...points[2]];
    return ["Left", "Top", "Right", "Bottom"].map((label, n) =>
      ({ label, value: values[n] }));
  }
  return points.flatMap(([x, y], n) => [
    { label: `x ${n + 1}`, value: x },
    { label: `y ${n + 1}`, value: y },
  ]);
}
