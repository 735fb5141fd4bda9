/** Starts the page: opens videos, and shows the one that is open. */

import * as api from "./api.js";
import { byId } from "./elements.js";
import { hideError, showError } from "./messages.js";
import { connectOpening, showLimits, showVideos } from "./opening.js";
import { isComplete } from "./session.js";
import { size } from "./text.js";
import { View } from "./view.js";

/** Shows the work on a video, or the choice of one. */
function show(name) {
  byId("open").hidden = name !== null;
  byId("work").hidden = name === null;
  byId("open-another").hidden = name === null;
  byId("video-name").textContent = name ?? "";
  document.title = name ? `${name} - rmdn view` : "rmdn view";
}

/** Tells that the person has left the video that is being opened. */
let opening = new AbortController();

/** Ends when all that was asked of the server is done. */
let earlier = Promise.resolve();

/** Asks the server after all that was asked before. */
function inOrder(ask) {
  const done = earlier.then(ask);
  earlier = done.catch(() => {});
  return done;
}

/** Sends a file to the server, and shows it at once. */
function openFile(view, file, limits) {
  if (file.size === 0) return showError(new Error("The file is empty."));
  if (file.size > limits.bytes) {
    // A server that refuses a long body ends the connection.
    return showError(new Error(`The file has ${size(file.size)}, and the `
      + `server takes at most ${size(limits.bytes)}.`));
  }
  const signal = begin(view, file.name);
  view.showFile(file);
  const show = (part) => signal.aborted || view.progress.showUpload(part);
  return open(view, signal, () => api.upload(file, show, signal));
}

/** Opens a video of the server's list. */
function openListed(view, { id, name }) {
  return open(view, begin(view, name), () => api.start(id));
}

/** Shows a video once the server knows it, unless the person has left it. */
async function open(view, signal, ask) {
  try {
    const video = await inOrder(async () => {
      if (signal.aborted) return null;
      const found = await ask();
      if (signal.aborted) await forget(found);
      return found;
    });
    if (!signal.aborted) view.open(video);
  } catch (error) {
    if (!signal.aborted) await leave(view, error);
  }
}

/** Leaves the video before; gives the signal of leaving the new one. */
function begin(view, name) {
  hideError();
  release(view);
  opening = new AbortController();
  show(name);
  byId("play").focus();
  return opening.signal;
}

/** Goes back to the choice, with an error if opening has failed. */
async function leave(view, error = null) {
  release(view);
  show(null);
  byId("file").focus();
  if (error) showError(error);
  else hideError();
  await earlier;
  try {
    await offer(view);
  } catch (failure) {
    showError(failure);
  }
}

/** Ends a video, and all that was asked for it. */
function release(view) {
  opening.abort();
  const { session } = view;
  view.close();
  if (session) inOrder(() => forget(session.video));
}

/** Has the server forget a video, unless all of it is computed. */
async function forget(video) {
  if (isComplete(video) && video.from !== "upload") return;
  await api.remove(video.id).catch(() => {});  // It may be gone already.
}

/** Shows the server's list; gives its state. */
async function offer(view) {
  const state = await api.state();
  showVideos(state.videos, (video) => openListed(view, video));
  showLimits(state);
  return state;
}

async function start() {
  // The server's cookie is enough from now on.
  history.replaceState(null, "", "/");
  try {
    const { models, limits } = await api.state();
    const view = new View(models);
    connectOpening((file) => openFile(view, file, limits), showError);
    byId("open-another").addEventListener("click", () => leave(view));
    const { videos } = await offer(view);
    const given = videos.filter((video) => video.from === "command");
    if (given.length === 1) openListed(view, given[0]);
  } catch (error) {
    showError(error);
  }
}

start();
