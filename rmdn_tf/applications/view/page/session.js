/** One video on the server: what is known of it grows while it is computed. */

import * as api from "./api.js";
import { gridSize } from "./grid.js";
import { Keyframes } from "./keyframes.js";

/** Time between two questions to the server, in milliseconds. */
const PAUSE = 300;

/**
 * Asks the server for one video until all is computed.
 *
 * Events: "progress" when `video` is new; "densities" when there are more;
 * "error" when something has failed, with the property `error`.
 */
export class Session extends EventTarget {
  /** @param {Object} video As the server describes it. */
  constructor(video) {
    super();
    this.id = video.id;
    this.video = video;
    /** Densities by the id of the model. @type {Map<string, Keyframes>} */
    this.densities = new Map();
    this.leaving = new AbortController();
  }

  /** Asks until all is known, the work has failed, or `close` is called. */
  async run() {
    try {
      while (!this.isClosed) {
        this.dispatchEvent(new Event("progress"));
        this.followModels();
        const { state } = this.video;
        if (this.isSettled || state === "listed") return;
        await pause(PAUSE);
        if (!this.isClosed) {
          this.video = await api.video(this.id, this.leaving.signal);
        }
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends asking. */
  close() {
    this.leaving.abort();
  }

  get isClosed() {
    return this.leaving.signal.aborted;
  }

  /** Whether no more is to come: all is made, or has failed. */
  get isSettled() {
    return this.video.state === "failed" || isComplete(this.video);
  }

  followModels() {
    const { width, height, densities } = this.video;
    if (!width) return;
    for (const model of Object.keys(densities)) {
      if (this.densities.has(model)) continue;
      const keyframes = new Keyframes(...gridSize(width, height));
      this.densities.set(model, keyframes);
      this.follow(model, keyframes).catch((error) => this.fail(error));
    }
  }

  async follow(model, keyframes) {
    while (!this.isClosed && !keyframes.isComplete) {
      const { records, isLast } = await api.densities(
        this.id, model, keyframes.length, this.leaving.signal);
      if (this.isClosed) return;
      records.forEach((record) => keyframes.add(record));
      keyframes.isComplete = isLast;
      this.dispatchEvent(new Event("densities"));
      if (!records.length && hasFailed(this.video.densities[model])) return;
    }
  }

  fail(error) {
    if (this.isClosed) return;
    this.dispatchEvent(Object.assign(new Event("error"), { error }));
  }
}

/** Whether all of a video is computed. */
export function isComplete(video) {
  return video.state === "done" && isSettled(video.playable);
}

/** Whether a part of the work is made, or has failed. */
export function isSettled(part) {
  return part.state === "done" || hasFailed(part);
}

function hasFailed(part) {
  return part.state === "failed";
}

/** Waits, in milliseconds. */
export function pause(duration) {
  return new Promise((resolve) => setTimeout(resolve, duration));
}
