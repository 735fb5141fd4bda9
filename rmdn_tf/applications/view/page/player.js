/** Plays the video: buttons, keys, and the time of the frame on the screen. */

import { byId, setText } from "./elements.js";
import { clockTime } from "./text.js";

/** Seconds that are known ahead before a video begins, or goes on. */
export const AHEAD = 1;

/** Whether keys go into a field, and not to the player. */
const TYPES = "input:not([type=radio]):not([type=checkbox]), select, textarea";

export class Player {
  /**
   * @param {HTMLVideoElement} video
   * @param {function(number): void} onFrame Takes the time of each new frame on
   *   the screen, in seconds.
   */
  constructor(video, onFrame) {
    this.video = video;
    this.onFrame = onFrame;
    this.frameRate = 25;
    this.cuts = [];
    this.reset();
    this.connectButtons();
    this.watchFrames();
    for (const name of ["play", "pause", "ended"]) {
      video.addEventListener(name, () => this.showState());
    }
    video.addEventListener("durationchange", () => this.refresh());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** Begins at the first frame, as for another video. */
  reset() {
    this.time = 0;
    /** Where the first frame lies on the clock of the video, in seconds. */
    this.start = 0;
    /** Time up to which densities are known, in seconds. */
    this.until = Infinity;
    this.isHeld = false;
    this.showState();
  }

  /** The length of the video, in seconds; 0 while it is unknown. */
  get duration() {
    const { duration } = this.video;
    return Number.isFinite(duration) ? duration - this.start : 0;
  }

  /** Whether the video plays, or will when more densities are known. */
  get isPlaying() {
    return !this.video.paused || this.isHeld;
  }

  /** Plays, or pauses. */
  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  pause() {
    this.isHeld = false;
    this.video.pause();
    this.showState();
  }

  async play() {
    const { video } = this;
    if (video.ended) this.seek(0);
    try {
      await video.play();
    } catch (error) {
      // Browsers play a dropped file only without its sound.
      if (error.name !== "NotAllowedError" || video.muted) return;
      this.mute(true);
      await video.play().catch(() => {});
    }
  }

  mute(isMuted) {
    this.video.muted = isMuted;
    byId("mute").setAttribute("aria-pressed", isMuted);
  }

  /** Tells the time up to which densities are known, in seconds. */
  set knownUntil(time) {
    this.until = time;
    if (this.isHeld && time - this.time > AHEAD) {
      this.isHeld = false;
      this.play();
    }
  }

  /** Waits for the network where the video would overtake it. */
  hold() {
    if (this.video.paused || this.time < this.until) return;
    this.isHeld = true;
    this.video.pause();
  }

  /** Goes to a time, in seconds, within the video. */
  seek(time) {
    const place = Math.min(Math.max(time, 0), this.duration);
    this.video.currentTime = place + this.start;
  }

  /** Goes some frames on, or back. */
  step(frames) {
    this.pause();
    this.seekFrame(this.time + frames / this.frameRate);
  }

  /** Goes to the frame that begins at a time, in seconds. */
  seekFrame(time) {
    // A tenth of a frame beyond: browsers round, some to the frame before.
    this.seek(time + 0.1 / this.frameRate);
  }

  /** Goes to the next cut (1) or to the one before (-1). */
  toCut(direction) {
    const cuts = direction > 0
      ? this.cuts.filter((cut) => cut > this.time + 1e-3)
      : this.cuts.filter((cut) => cut < this.time - 0.5).reverse();
    this.seekFrame(cuts[0] ?? (direction > 0 ? this.duration : 0));
  }

  /** Draws the frame on the screen anew. */
  refresh() {
    this.show(this.time);
  }

  /** Shows the frame at a time of the video's own clock. */
  showAt(time) {
    this.show(Math.max(0, time - this.start));
  }

  show(time) {
    this.time = time;
    this.hold();
    setText(byId("clock"), `${clockTime(time)} / ${clockTime(this.duration)}`);
    this.onFrame(time);
  }

  showState() {
    setText(byId("play"), this.isPlaying ? "Pause" : "Play");
  }

  watchFrames() {
    const { video } = this;
    if (video.requestVideoFrameCallback) {
      const next = (_, frame) => {
        this.showAt(frame.mediaTime);
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
      video.addEventListener("seeked", () => this.showLate());
    } else {
      for (const name of ["loadeddata", "seeked", "timeupdate"]) {
        video.addEventListener(name, () => this.showAt(video.currentTime));
      }
    }
  }

  /** Shows the frame of a seek that the browser did not report. */
  showLate() {
    const { currentTime } = this.video;
    const late = Math.abs(currentTime - this.start - this.time);
    if (late > 1 / this.frameRate) this.showAt(currentTime);
  }

  /** Connects the buttons that the page has. */
  connectButtons() {
    const { video } = this;
    const actions = {
      play: () => this.toggle(),
      "frame-back": () => this.step(-1),
      "frame-on": () => this.step(1),
      "cut-back": () => this.toCut(-1),
      "cut-on": () => this.toCut(1),
      mute: () => this.mute(!video.muted),
    };
    for (const [id, action] of Object.entries(actions)) {
      byId(id)?.addEventListener("click", action);
    }
    byId("rate")?.addEventListener("change", (event) => {
      // Another file begins at the default.
      video.defaultPlaybackRate = Number(event.target.value);
      video.playbackRate = video.defaultPlaybackRate;
    });
  }

  /** The space bar plays, unless a control has the focus that it works. */
  key(event) {
    const isFree = !event.target.closest(`button, a, summary, ${TYPES}`);
    if (event.key === " " && isFree && this.duration) {
      event.preventDefault();
      this.toggle();
    }
  }
}
