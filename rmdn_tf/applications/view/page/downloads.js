/** Offers the results as files, which the server makes on request. */

import * as api from "./api.js";
import { byId, make } from "./elements.js";
import { isSettled, pause } from "./session.js";
import { percent } from "./text.js";

const PAUSE = 400;

const KINDS = [
  ["overlay", "Overlay", "the video with the drawing"],
  ["maps", "Maps", "ZIP, a 16-bit PNG for each frame"],
  ["parameters", "Parameters", "NPZ, the mixtures"],
  ["summary", "Summary", "CSV, a line for each frame"],
  ["areas", "Areas", "CSV, the shares of the areas"],
];

const HINTS_OF_PICTURES = {
  overlay: "the picture with the drawing",
  maps: "ZIP, a 16-bit PNG",
  parameters: "NPZ, the mixture",
  summary: "CSV, a single line",
};

export class Downloads {
  /**
   * @param {function(string): Promise<{id: string, wanted: Object}>} request
   *   Takes a kind; gives the id of the video, and what is asked for.
   * @param {function(Error): void} onError
   */
  constructor(request, onError) {
    this.request = request;
    this.onError = onError;
    this.isPicture = false;
    this.reset();
  }

  /** Begins anew, as for another video: files that are being made are left. */
  reset() {
    this.buttons = new Map();
    byId("downloads").replaceChildren(...KINDS.map((kind) => this.item(kind)));
    this.allow(() => false, "");
  }

  /** Enables the kinds that can be had; says why others cannot. */
  allow(isAllowed, help) {
    this.isAllowed = isAllowed;
    for (const [kind, button] of this.buttons) {
      button.disabled = button.dataset.busy === "true" || !isAllowed(kind);
    }
    if (byId("downloads-help").textContent !== help) {
      byId("downloads-help").textContent = help;
    }
  }

  /** Tells what the files hold of a picture, or of a video. */
  describe(isPicture) {
    if (isPicture === this.isPicture) return;
    this.isPicture = isPicture;
    for (const [kind, , hint] of KINDS) {
      const button = this.buttons.get(kind);
      if (button.dataset.busy === "true") continue;  // It tells the progress.
      button.querySelector("small").textContent = this.hint(kind, hint);
    }
  }

  hint(kind, hint) {
    return (this.isPicture && HINTS_OF_PICTURES[kind]) || hint;
  }

  item([kind, name, hint]) {
    const note = make("small", { textContent: this.hint(kind, hint) });
    const button = make("button", { type: "button", id: `download-${kind}` },
      name, note);
    this.buttons.set(kind, button);
    const isHere = () => this.buttons.get(kind) === button;
    button.addEventListener("click", async () => {
      button.disabled = true;
      button.dataset.busy = "true";
      try {
        await this.get(kind, (text) => { note.textContent = text; }, isHere);
      } catch (error) {
        if (isHere()) this.onError(error);
      } finally {
        note.textContent = this.hint(kind, hint);
        button.dataset.busy = "false";
        button.disabled = isHere() && !this.isAllowed(kind);
      }
    });
    return make("li", {}, button);
  }

  /** Has a file made, waits for it, and saves it while it is wanted. */
  async get(kind, say, isWanted) {
    say("being made");
    const { id, wanted } = this.request(kind);
    let file = await api.makeFile(id, wanted);
    while (!isSettled(file)) {
      await pause(PAUSE);
      if (!isWanted()) return;
      const { files } = await api.video(id);
      file = files.find((one) => one.id === file.id) ?? file;
      say(file.progress ? `${percent(file.progress)} made` : "being made");
    }
    if (!isWanted()) return;
    if (file.error) throw new Error(file.error);
    save(api.fileAddress(id, file.id), file.name);
  }
}

/** Saves a file that lies at an address. */
function save(address, name) {
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
