/** Computes the frame on the screen whenever the network is free. */

import { Keyframes } from "./view/keyframes.js";

/** A step of the clock is a seek if it is longer, in seconds. */
const SEEK = 1;

/** Seconds over which the speed is measured. */
const RECENT = 3;

/** Makes keyframes that have the same density at all times. */
export function held(mixture, grid) {
  const keyframes = new Keyframes(...grid);
  keyframes.add({ time: 0, mixture });
  keyframes.isComplete = true;
  return keyframes;
}

export class Live {
  /**
   * @param {import("./network.js").Network} network
   * @param {HTMLVideoElement} video A video that plays, or a camera.
   * @param {number} rate Frames a second that the network looks at.
   * @param {[number, number]} grid Rows and columns of the densities.
   * @param {function(Keyframes): void} onDensity Takes each density.
   * @param {function(Error): void} onError
   */
  constructor(network, video, rate, grid, onDensity, onError) {
    Object.assign(this, { network, video, rate, grid, onDensity, onError });
    this.isBusy = false;
    this.isClosed = false;
    this.last = -1;  // Number of the last frame that was due.
    this.id = null;
    this.finished = [];
    this.watch();
  }

  /** Frames a second, over the last seconds. */
  get speed() {
    const now = performance.now();
    this.finished = this.finished.filter((t) => now - t < RECENT * 1000);
    return this.finished.length / RECENT;
  }

  watch() {
    if (this.isClosed) return;
    const number = Math.floor(this.video.currentTime * this.rate);
    const isReady = this.video.readyState >= 2 && this.video.videoWidth;
    if (isReady && !this.isBusy && number !== this.last) this.step(number);
    requestAnimationFrame(() => this.watch());
  }

  async step(number) {
    this.isBusy = true;
    const isSeek = number < this.last
      || number - this.last > SEEK * this.rate;
    if (isSeek || this.id === null) this.restart();
    this.last = number;
    try {
      const bitmap = await createImageBitmap(this.video);
      const mixture = await this.network.step(this.id, bitmap);
      this.finished.push(performance.now());
      if (!this.isClosed) this.onDensity(held(mixture, this.grid));
    } catch (error) {
      if (!this.isClosed) this.onError(error);
    } finally {
      this.isBusy = false;
    }
  }

  /** Begins a new run, which has seen no frame. */
  restart() {
    if (this.id !== null) this.network.forget(this.id);
    Live.runs = (Live.runs ?? 0) + 1;
    this.id = `live ${Live.runs}`;
  }

  close() {
    this.isClosed = true;
    if (this.id !== null) this.network.forget(this.id);
  }
}
