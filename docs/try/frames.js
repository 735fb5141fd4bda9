/** Reads the frames for the network, by a video element of its own. */

/** Seconds added to a due time: rounding must not give the frame before. */
const LATER = 5e-5;

/** Milliseconds to wait for the browser to tell the time of a frame. */
const PATIENCE = 500;

export class VideoFrames {
  /**
   * @param {string} address Of the video.
   * @param {number} rate Frames a second that the network looks at.
   */
  constructor(address, rate) {
    this.rate = rate;
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.preload = "auto";
    this.video.src = address;
  }

  /** Finds the first frame, and the number of frames to look at. */
  async open() {
    const { video } = this;
    await this.event("loadeddata");
    // A recording of a browser tells its length only at its end.
    if (!Number.isFinite(video.duration)) await this.seek(1e9);
    /** Time of the first frame on the clock of the video, in seconds. */
    this.start = 0;
    this.start = (await this.show(0)) ?? 0;
    const seconds = video.duration - this.start;
    /** Number of times at which a frame is due. */
    this.length = Math.max(1, Math.ceil(seconds * this.rate - 1e-3));
  }

  /**
   * Returns the frame that is shown number / rate seconds after the first.
   *
   * @param {number} number
   * @returns {Promise<{time: number, bitmap: ImageBitmap}>} When the frame
   *   appears, in seconds after the first frame; and the frame.
   */
  async at(number) {
    const due = number / this.rate;
    const shown = await this.show(due + LATER);
    const time = shown === null ? due : shown - this.start;
    return { time, bitmap: await createImageBitmap(this.video) };
  }

  close() {
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** Shows the frame of a time; tells when it appears, if the browser does. */
  async show(time) {
    const { video } = this;
    while (document.hidden) await onceVisible();  // Frames are not shown.
    const shown = video.requestVideoFrameCallback
      ? new Promise((resolve) => video.requestVideoFrameCallback(
        (_, { mediaTime }) => resolve(mediaTime)))
      : null;
    await this.seek(Math.min(this.start + time, video.duration));
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
    return Promise.race([shown, late]);
  }

  seek(time) {
    const sought = this.event("seeked");
    this.video.currentTime = time;
    return sought;
  }

  event(name) {
    return new Promise((resolve, reject) => {
      this.video.addEventListener(name, resolve, { once: true });
      this.video.addEventListener("error", () => reject(new Error(
        "The browser cannot read the video.")), { once: true });
    });
  }
}

function onceVisible() {
  return new Promise((resolve) => document.addEventListener(
    "visibilitychange", resolve, { once: true }));
}
