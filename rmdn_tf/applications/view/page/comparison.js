/** Chooses which densities are shown: of one model, or of two. */

import { byId, make } from "./elements.js";

export class Comparison {
  /** @param {function(): void} onChange */
  constructor(onChange) {
    this.select = byId("compare-with");
    this.how = byId("compare-how");
    this.reset();
    for (const element of [this.select, this.how]) {
      element.addEventListener("change", () => {
        this.showNames();
        onChange();
      });
    }
  }

  /** Forgets the models, as for another video. */
  reset() {
    this.models = [];
    this.select.replaceChildren();
    this.showNames();
    byId("gaze").checked = false;
    byId("compare").hidden = true;
  }

  /**
   * Offers the models that have densities of a video.
   *
   * @param {{id: string, name: string}[]} models
   * @param {?number} observers Whose gaze is known; null if it is not.
   */
  setModels(models, observers) {
    const hasGaze = observers !== null;
    byId("compare").hidden = models.length < 2 && !hasGaze;
    byId("gaze-choice").hidden = !hasGaze;
    byId("gaze-text").textContent = `Gaze of ${observers} observers`;
    if (models.length === this.models.length) return;
    this.models = withDifferentNames(models);
    this.select.replaceChildren(
      make("option", { value: "", textContent: "Nothing" }),
      ...this.models.slice(1).map(({ id, name }) =>
        make("option", { value: id, textContent: name })));
    this.select.closest("label").hidden = models.length < 2;
    this.showNames();
  }

  /** Names the choices after the two models. */
  showNames() {
    const second = this.models.find(({ id }) => id === this.select.value);
    this.how.hidden = !second;
    byId("how-first").textContent = this.models[0]?.name ?? "";
    byId("how-second").textContent = second?.name ?? "";
  }

  /** The models to show: one, or two side by side. */
  get shown() {
    const [first] = this.models;
    const second = this.models.find(({ id }) => id === this.select.value);
    if (!first || !second) return first ? [first] : [];
    const how = this.how.querySelector("input:checked").value;
    return { both: [first, second], first: [first], second: [second] }[how];
  }
}

/** Numbers the models of the same name. */
function withDifferentNames(models) {
  return models.map((model, n) => {
    const before = models.slice(0, n).filter(({ name }) => name === model.name);
    const name = before.length
      ? `${model.name} (${before.length + 1})` : model.name;
    return { ...model, name };
  });
}
