/** Goes through a video, frame by frame, and keeps the densities. */

import { Keyframes } from "./view/keyframes.js";

/** Frames that are read while the network computes. */
const AT_ONCE = 2;

/** Number of the last frames over which the speed is measured. */
const RECENT = 20;

/** A part of the video, from one frame on. */
class Run {
  constructor(id, first, rate, grid) {
    this.id = id;
    this.next = first;
    this.begin = first / rate;
    this.seen = -Infinity;  // Time of the last frame.
    this.keyframes = new Keyframes(...grid);
  }

  /** Whether the density of a time is known. */
  knows(time) {
    return time >= this.keyframes.times[0] && time <= this.keyframes.until;
  }
}

/**
 * Computes the frames that are due, from the first on, as `rmdn predict` does.
 * A seek to a part that is not computed starts another run there; the first
 * run goes on later.
 */
export class Analysis {
  /**
   * @param {import("./network.js").Network} network
   * @param {import("./frames.js").VideoFrames} frames
   * @param {[number, number]} grid Rows and columns of the densities.
   * @param {function(): void} onChange Called after each density.
   */
  constructor(network, frames, grid, onChange) {
    Object.assign(this, { network, frames, grid, onChange });
    this.time = 0;
    this.finished = [];
    this.isClosed = false;
    this.isStopped = false;
    this.wake = () => {};
    this.whole = this.makeRun(0);
    this.later = null;
  }

  makeRun(first) {
    const id = (Analysis.runs = (Analysis.runs ?? 0) + 1);
    return new Run(id, first, this.frames.rate, this.grid);
  }

  /** The densities around a time, in seconds; null if not computed yet. */
  keyframesAt(time) {
    return [this.whole, this.later].find((run) => run?.knows(time))?.keyframes
      ?? null;
  }

  /** The time up to which densities are known from the playhead on. */
  get until() {
    return this.keyframesAt(this.time)?.until ?? this.time;
  }

  /** The part of the whole video that is computed, from 0 to 1. */
  get part() {
    const { keyframes, next } = this.whole;
    return keyframes.isComplete ? 1 : 0.99 * next / this.frames.length;
  }

  /** Frames a second, over the last frames. */
  get speed() {
    const times = this.finished;
    if (times.length < 3) return 0;
    return (times.length - 1) * 1000 / (times.at(-1) - times[0]);
  }

  /** Tells where the player is; starts a run there unless one is near. */
  moveTo(time) {
    this.time = time;
    const soon = this.whole.keyframes.until + 1;
    if (this.keyframesAt(time) || time < soon || this.reaches(time)) return;
    if (this.later) this.network.forget(this.later.id);
    this.later = this.makeRun(Math.floor(time * this.frames.rate));
    this.wake();
  }

  /** Whether the later run gets to a time soon, or begins at its frame. */
  reaches(time) {
    if (!this.later) return false;
    const { begin, keyframes } = this.later;
    const end = Math.max(begin, keyframes.until) + 1;
    return time > begin - 1 / this.frames.rate && time < end;
  }

  /** Computes, until the video is closed. */
  async run() {
    const waiting = [];
    while (!this.isClosed) {
      const run = this.chosen();
      if (!run) {
        await new Promise((resolve) => { this.wake = resolve; });
        continue;
      }
      const { time, bitmap } = await this.frames.at(run.next++);
      if (waiting.length >= AT_ONCE) await waiting.shift();
      if (this.isClosed || time <= run.seen) bitmap.close();
      else waiting.push(this.step(run, time, bitmap));
      run.seen = time;
      if (run.next === this.frames.length) {
        await Promise.all(waiting);
        run.keyframes.isComplete = true;
        this.onChange();
      }
    }
  }

  /** Stops for a while, or goes on. */
  set isPaused(isPaused) {
    this.isStopped = isPaused;
    this.finished = [];
    this.wake();
  }

  get isPaused() {
    return this.isStopped;
  }

  /** The run that the player needs, or the other one; null at the end. */
  chosen() {
    if (this.isStopped) return null;
    const isLater = this.later && this.time > this.whole.keyframes.until + 1;
    const order = isLater ? [this.later, this.whole]
      : [this.whole, this.later];
    return order.find((run) => run && run.next < this.frames.length) ?? null;
  }

  async step(run, time, bitmap) {
    const mixture = await this.network.step(run.id, bitmap);
    if (this.isClosed) return;
    run.keyframes.add({ time, mixture });
    this.finished = [...this.finished.slice(1 - RECENT), performance.now()];
    this.onChange();
  }

  close() {
    this.isClosed = true;
    this.wake();
    for (const run of [this.whole, this.later]) {
      if (run) this.network.forget(run.id);
    }
    this.frames.close();
  }
}
