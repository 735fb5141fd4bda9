/**
 * All requests to the server, see `api.md` beside this folder. Each fails with
 * an Error in plain English.
 */

import { records } from "./records.js";

const NOT_REACHED = "The server does not answer. It may have ended: start it "
  + "again with `rmdn view`, and open the address that it prints.";

/** @returns {Promise<Object>} The `State`: models, limits and videos. */
export function state() {
  return askJson("api/state");
}

/**
 * @param {string} id
 * @param {AbortSignal=} signal Ends the request.
 * @returns {Promise<Object>} The `Video` of an id.
 */
export function video(id, signal) {
  return askJson(`api/videos/${id}`, { signal });
}

/** Begins the work on a video of the list. @returns {Promise<Object>} It. */
export function start(id) {
  return askJson(`api/videos/${id}/start`, { method: "POST" });
}

/** Ends the work on a video, and removes what was made of it. */
export async function remove(id) {
  await ask(`api/videos/${id}`, { method: "DELETE" });
}

/** The address of a copy that browsers show. */
export function playableAddress(id) {
  return `api/videos/${id}/playable`;
}

/**
 * Waits for the densities of a model from record number `from` on.
 *
 * @returns {Promise<{records: import("./records.js").Record[],
 *   isLast: boolean}>} Some records, or none yet; and whether none follows.
 */
export async function densities(id, model, from, signal) {
  const path = `api/videos/${id}/densities/${model}?from=${from}`;
  const answer = await ask(path, { signal });
  return records(await answer.arrayBuffer());
}

/** @returns {Promise<import("./gaze.js").Gaze>} The gaze of observers. */
export async function gaze(id, signal) {
  const path = `api/videos/${id}/fixations`;
  const { times, frames } = await askJson(path, { signal });
  return { times, points: frames };
}

/** @returns {Promise<import("./crop.js").CropPath>} */
export async function crop(id, model, aspect, signal) {
  const path = `api/videos/${id}/crop?model=${model}&aspect=${aspect}`;
  const { times, boxes } = await askJson(path, { signal });
  return { times, boxes };
}

/**
 * Asks for a file of results to be made.
 *
 * @param {string} id Of the video.
 * @param {Object} wanted `kind`, `model`, `style` and `areas`.
 * @returns {Promise<Object>} The `File`, which may not be made yet.
 */
export function makeFile(id, wanted) {
  return askJson(`api/videos/${id}/files`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(wanted),
  });
}

/** The address of a file of results. */
export function fileAddress(id, file) {
  return `api/videos/${id}/files/${file}`;
}

/**
 * Sends a file.
 *
 * @param {File} file
 * @param {function(number): void} onProgress Takes the part that is sent.
 * @param {AbortSignal} signal Ends the upload.
 * @returns {Promise<Object>} The `Video`.
 */
export function upload(file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "api/videos");
    request.setRequestHeader("X-Name", encodeURIComponent(file.name));
    request.upload.onprogress = ({ loaded, total }) =>
      onProgress(total ? loaded / total : 1);
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status < 400) resolve(answer);
      else reject(new Error(errorText(answer, request.status)));
    };
    request.onerror = () => reject(new Error(NOT_REACHED));
    request.onabort = () => reject(new Error("Stopped."));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

async function askJson(path, options) {
  return (await ask(path, options)).json();
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error(NOT_REACHED);
  }
  if (answer.ok) return answer;
  throw new Error(errorText(parsed(await answer.text()), answer.status));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function errorText(answer, code) {
  return answer.error ?? `The server refused the request (${code}).`;
}
