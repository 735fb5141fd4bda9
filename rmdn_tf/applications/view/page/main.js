/** Starts the page: opens videos, and shows the one that is open. */

import * as api from "./api.js";
import { byId } from "./elements.js";
import { hideError, showError } from "./messages.js";
import { connectOpening, showLimits, showVideos } from "./opening.js";
import { View } from "./view.js";

/** Shows the work on a video, or the choice of one. */
function show(name) {
  byId("open").hidden = name !== null;
  byId("work").hidden = name === null;
  byId("open-another").hidden = name === null;
  byId("video-name").textContent = name ?? "";
  document.title = name ? `${name} - rmdn view` : "rmdn view";
}

/** Sends a file to the server, and shows it at once. */
async function openFile(view, file) {
  begin(view, file.name);
  view.showFile(file);
  try {
    view.open(await api.upload(file, (part) => view.progress.showUpload(part)));
  } catch (error) {
    await leave(view);
    showError(error);
  }
}

/** Opens a video of the server's list. */
async function openListed(view, video) {
  begin(view, video.name);
  try {
    const isNew = video.state === "listed";
    view.open(isNew ? await api.start(video.id) : video);
  } catch (error) {
    await leave(view);
    showError(error);
  }
}

function begin(view, name) {
  hideError();
  release(view);
  show(name);
  byId("play").focus();
}

/** Goes back to the choice. */
async function leave(view) {
  hideError();
  show(null);
  byId("file").focus();
  await release(view);
  try {
    await offer(view);
  } catch (error) {
    showError(error);
  }
}

/** Ends a video; the server forgets it, unless all of it is computed. */
async function release(view) {
  const { session } = view;
  view.close();
  if (!session) return;
  if (session.isSettled && session.video.from !== "upload") return;
  await api.remove(session.id).catch(() => {});  // It may be gone already.
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
    const { models } = await api.state();
    const view = new View(models);
    connectOpening((file) => openFile(view, file));
    byId("open-another").addEventListener("click", () => leave(view));
    const { videos } = await offer(view);
    const given = videos.filter((video) => video.from === "command");
    if (given.length === 1) openListed(view, given[0]);
  } catch (error) {
    showError(error);
  }
}

start();
