/** The page: a video, a picture or the camera, and where people look. */

import { Analysis } from "./analysis.js";
import { VideoFrames } from "./frames.js";
import { held, Live } from "./live.js";
import { Network } from "./network.js";
import { Readout } from "./readout.js";
import { byId, fitCanvas } from "./view/elements.js";
import { gridSize } from "./view/grid.js";
import { Media } from "./view/media.js";
import { hideError, showError } from "./view/messages.js";
import { connectOpening } from "./view/opening.js";
import { Player } from "./view/player.js";
import { STYLES } from "./view/screen.js";
import { size } from "./view/text.js";

const UNKNOWN = "The browser cannot show this file. Most browsers play MP4 "
  + "with H.264, and WebM. The command `rmdn view` takes other videos, too.";

const SAMPLE = "A made-up video";

class Page {
  constructor() {
    this.readout = new Readout();
    this.network = new Network((progress) =>
      this.readout.showDownload(progress));
    this.media = new Media(() => this.openPicture(), () => this.refuse());
    this.player = new Player(this.media.video, (time) => this.show(time));
    this.opened = 0;
    this.connect();
    this.tellSize();
  }

  /** Says how much is downloaded, before it is. */
  async tellSize() {
    const { bytes } = await (await fetch("files.json")).json();
    const { "model.tflite": network, ...programs } = bytes;
    const all = network + Math.max(...Object.values(programs));
    byId("download-size").textContent =
      `The first video downloads ${size(all)}.`;
  }

  connect() {
    connectOpening((file) => this.openFile(file), showError);
    const actions = {
      sample: () => this.openSample(),
      camera: () => this.openCamera(),
      "open-another": () => this.close(),
    };
    for (const [id, action] of Object.entries(actions)) {
      byId(id).addEventListener("click", action);
    }
    byId("camera").hidden = !navigator.mediaDevices?.getUserMedia;
    byId("styles").addEventListener("change", () => this.player.refresh());
    byId("paces").addEventListener("change", () => this.setPace());
    byId("seek").addEventListener("input", ({ target }) =>
      this.player.seekFrame(Number(target.value)));
    const { video } = this.media;
    video.addEventListener("seeking", () =>
      this.moveTo(video.currentTime - this.player.start));
    new ResizeObserver(() => this.player.refresh()).observe(byId("stage"));
  }

  openFile(file) {
    const kind = file.type.startsWith("image/") ? "picture" : "video";
    this.begin(file.name);
    this.media.show(URL.createObjectURL(file), kind);
    if (kind === "video") this.attempt(() => this.openVideo());
  }

  /** Opens the sample as a file: hosts need not answer for parts of it. */
  openSample() {
    this.begin(SAMPLE);
    this.attempt(async (isLeft) => {
      const content = await (await fetch("sample.mp4")).blob();
      if (isLeft()) return;
      this.openFile(new File([content], SAMPLE, { type: "video/mp4" }));
    });
  }

  /** Leaves what was open, and shows the stage. */
  begin(name) {
    this.close();
    byId("open").hidden = true;
    byId("work").hidden = false;
    byId("open-another").hidden = false;
    byId("video-name").textContent = name;
  }

  /** Runs a task; shows its error, unless the video was left. */
  async attempt(task) {
    const { opened } = this;
    try {
      await task(() => opened !== this.opened);
    } catch (error) {
      if (opened === this.opened) showError(error);
    }
  }

  async openVideo() {
    const { opened } = this;
    const { video } = this.media;
    const { rate } = await this.network.load();
    if (opened !== this.opened) return;
    const frames = new VideoFrames(video.src, rate);
    await frames.open();
    if (opened !== this.opened) return;
    this.rate = rate;
    this.player.start = frames.start;
    this.player.frameRate = rate;
    this.setShape();
    this.analysis = new Analysis(this.network, frames, this.grid,
      () => this.showDensity());
    byId("controls").hidden = byId("paces").hidden = false;
    byId("seek").max = this.player.duration;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.player.isHeld = !isStill;  // Plays when enough is known.
    this.setPace();
    this.player.showState();
    await this.analysis.run();
  }

  openPicture() {
    this.attempt(async (isLeft) => {
      const bitmap = await createImageBitmap(this.media.picture);
      await this.network.load();
      this.setShape();
      const mixture = await this.network.step("picture", bitmap);
      this.network.forget("picture");
      if (isLeft()) return;
      this.keyframes = held(mixture, this.grid);
      this.readout.showPicture();
      this.show(0);
    });
  }

  openCamera() {
    this.begin("Camera");
    this.attempt(async (isLeft) => {
      const stream = await navigator.mediaDevices.getUserMedia(
        { video: { facingMode: "environment" } }).catch((error) => {
        this.close();
        showError({ message: `The camera cannot be used: ${error.message}.` });
      });
      if (!stream) return;
      const stop = () => stream.getTracks().forEach((track) => track.stop());
      if (isLeft()) {
        stop();
        return;
      }
      this.stopCamera = stop;
      const { video } = this.media;
      this.media.element = video;
      video.hidden = false;
      video.srcObject = stream;
      await video.play();
      const { rate } = await this.network.load();
      if (isLeft()) return;
      this.rate = rate;
      this.setShape();
      this.setPace();
    });
  }

  setShape() {
    const { width, height } = this.media;
    this.grid = gridSize(width, height);
    byId("panels").style.setProperty("--ratio", width / height);
  }

  /** Computes every frame, or those that the network can. */
  setPace() {
    const isLive = !this.analysis || byId("paces")
      .querySelector("input:checked").value === "live";
    this.live?.close();
    this.live = null;
    this.keyframes = null;
    const { video } = this.media;
    if (isLive) {
      this.player.knownUntil = Infinity;
      video.playbackRate = 1;
      this.live = new Live(this.network, video, this.rate, this.grid,
        (keyframes) => this.showLive(keyframes), showError);
    }
    if (this.analysis) this.analysis.isPaused = isLive;
    this.readout.start();
    if (this.analysis && !isLive) {
      this.moveTo(this.player.time);
      this.showDensity();
    }
  }

  showLive(keyframes) {
    this.keyframes = keyframes;
    this.readout.showLive(this.live.speed, this.rate);
    this.player.refresh();
  }

  /** Shows what the network has computed, and plays as fast as it does. */
  showDensity() {
    const { analysis, player } = this;
    if (analysis.isPaused) return;
    const share = this.readout.showAnalysis(analysis, this.rate);
    this.media.video.playbackRate = share;
    player.knownUntil = analysis.until;
    player.refresh();
  }

  /** Tells the network where the player goes. */
  moveTo(time) {
    if (!this.analysis || this.analysis.isPaused) return;
    this.analysis.moveTo(time);
    this.player.knownUntil = this.analysis.until;
  }

  show(time) {
    if (!this.media) return;  // The player shows its first state early.
    this.moveTo(time);
    byId("seek").value = time;
    const canvas = byId("overlay");
    fitCanvas(canvas);
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    const keyframes = this.keyframes ?? this.analysis?.keyframesAt(time);
    const { value } = byId("styles").querySelector("input:checked");
    if (keyframes) STYLES[value](context, keyframes, time);
    byId("not-yet").hidden = Boolean(keyframes) || !this.grid;
  }

  refuse() {
    if (this.stopCamera) return;
    this.close();
    showError({ message: UNKNOWN });
  }

  /** Ends all that belongs to the video. */
  close() {
    this.opened += 1;
    this.stopCamera?.();
    this.analysis?.close();
    this.live?.close();
    this.stopCamera = this.analysis = this.live = this.grid = null;
    this.keyframes = null;
    this.media.video.srcObject = null;
    this.media.clear();
    this.player.reset();
    this.readout.start();
    hideError();
    byId("open").hidden = false;
    byId("work").hidden = byId("open-another").hidden = true;
    byId("controls").hidden = byId("paces").hidden = true;
    byId("video-name").textContent = "";
  }
}

if (typeof WebAssembly === "undefined") {
  showError({ message: "This browser lacks WebAssembly, which the network "
    + "needs. Perhaps a setting of the browser forbids it." });
} else if (typeof OffscreenCanvas === "undefined") {
  showError({ message: "This browser is too old. Please update it." });
} else window.page = new Page();
