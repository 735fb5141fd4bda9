/** Lets a person drop a file, choose one, or open one of the server's list. */

import { byId, make } from "./elements.js";
import { about, size } from "./text.js";

const FOLDER = "This is a folder. Drop one video, or start `rmdn view FOLDER` "
  + "to list the videos of the folder here.";
const SEVERAL = "These are several files. Drop one at a time, or start "
  + "`rmdn view FOLDER` to list the videos of a folder here.";

/**
 * Connects the ways to open a video.
 *
 * @param {function(File): void} onFile
 * @param {function(Error): void} onError
 */
export function connectOpening(onFile, onError) {
  const field = byId("file");
  field.addEventListener("change", () => {
    if (field.files.length) onFile(field.files[0]);
    field.value = "";  // The same file may be chosen again.
  });
  let depth = 0;
  const show = (change) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle("dragging", depth > 0);
  };
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
  for (const [name, change] of [["dragenter", 1], ["dragleave", -1]]) {
    document.addEventListener(name, (event) =>
      holdsFile(event) && show(change));
  }
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    show(-Infinity);
    const { files, items } = event.dataTransfer;
    if (!files.length) return;
    if (items[0].webkitGetAsEntry()?.isDirectory) {
      onError(new Error(FOLDER));
    } else if (files.length > 1) onError(new Error(SEVERAL));
    else onFile(files[0]);
  });
}

/**
 * Shows the videos that the server offers.
 *
 * @param {{id: string, name: string}[]} videos
 * @param {function({id: string, name: string}): void} onChoice
 */
export function showVideos(videos, onChoice) {
  byId("listed").hidden = videos.length === 0;
  byId("videos").replaceChildren(...videos.map((video) => make("li", {},
    make("button", {
      type: "button", textContent: video.name, onclick: () => onChoice(video),
    }))));
}

/**
 * Says what the server takes, and lets the file chooser show such files.
 *
 * @param {{limits: Object, suffixes: string[]}} state
 */
export function showLimits({ limits, suffixes }) {
  const minutes = about(limits.seconds);
  byId("limits").textContent =
    `Videos and pictures up to ${size(limits.bytes)} and ${minutes}.`;
  byId("file").accept = ["video/*", "image/*", ...suffixes].join();
}
