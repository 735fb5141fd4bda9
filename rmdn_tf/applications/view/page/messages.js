/** Shows errors. */

import { byId } from "./elements.js";

/** Shows an error until it is closed, or until another video is opened. */
export function showError(error) {
  byId("error-text").textContent = error.message ?? String(error);
  byId("error").hidden = false;
}

/** Hides the error. */
export function hideError() {
  byId("error").hidden = true;
}

byId("error-close").addEventListener("click", hideError);
