/** All about one video: it joins the player, the densities and the tools. */

import * as api from "./api.js";
import { AreaDrawing } from "./area_drawing.js";
import { AreaList } from "./area_list.js";
import { Areas } from "./areas.js";
import { Comparison } from "./comparison.js";
import { Crop } from "./crop.js";
import { Downloads } from "./downloads.js";
import { byId, setText } from "./elements.js";
import { Media } from "./media.js";
import { showError } from "./messages.js";
import { Overview } from "./overview.js";
import { AHEAD, Player } from "./player.js";
import { Progress } from "./progress.js";
import { Screen } from "./screen.js";
import { Session } from "./session.js";
import { Shapes } from "./shapes.js";

const STYLE_HELP = {
  heat: "The brighter a place, the more attention it gets.",
  contours: "The inner line holds 50\u00a0% of the attention, the outer one "
    + "90\u00a0%.",
  ellipses: "The five strongest parts of the mixture, at two standard "
    + "deviations; the brightest is the strongest.",
  none: "The plain video.",
};

export class View {
  /** @param {{id: string, name: string}[]} models Of the server. */
  constructor(models) {
    this.models = models;
    this.session = null;
    this.media = new Media(() => this.draw(0), () => this.showCopy());
    this.areas = new Areas();
    this.shapes = new Shapes(byId("shapes"), byId("shape-names"),
      byId("shapes-b"), this.areas);
    this.drawing = new AreaDrawing(byId("shapes"), this.areas,
      (corners) => this.shapes.setDraft(corners));
    this.areaList = new AreaList(this.areas);
    this.player = new Player(this.media.video, (time) => this.draw(time));
    this.screen = new Screen(this.media);
    this.overview = new Overview(this.player, this.areas);
    this.crop = new Crop((aspect) => this.loadCrop(aspect),
      () => this.player.refresh());
    this.comparison = new Comparison(() => this.showModels());
    this.progress = new Progress();
    this.downloads = new Downloads((kind) => this.wanted(kind), showError);
    this.connect();
  }

  connect() {
    byId("styles").addEventListener("change", () => this.player.refresh());
    this.areas.addEventListener("change", () => {
      this.player.refresh();
      this.allowDownloads();
    });
    byId("gaze").addEventListener("change", () => this.loadGaze());
    new ResizeObserver(() => this.player.refresh()).observe(byId("panels"));
    this.media.video.addEventListener("durationchange", () => this.begin());
  }

  /**
   * Shows a file of this computer, before the server knows it.
   *
   * @param {File} file
   */
  showFile(file) {
    const kind = file.type.startsWith("image/") ? "picture" : "video";
    this.wantsCopy = false;
    this.media.show(URL.createObjectURL(file), kind);
  }

  /** Shows a video of the server, of which a file may already be shown. */
  open(video) {
    this.session = new Session(video);
    this.session.addEventListener("progress", () => this.showState());
    this.session.addEventListener("densities", () => this.showDensities());
    this.session.addEventListener("error", ({ error }) => showError(error));
    this.session.run();
  }

  /** Ends all that belongs to the video. */
  close() {
    this.session?.close();
    this.session = null;
    this.gaze = null;
    this.wantsCopy = true;
    this.isCopy = false;
    this.isStarted = false;
    this.media.clear();
    this.player.reset();
    this.drawing.begin(null);
    this.areas.clear();
    this.crop.reset();
    this.comparison.reset();
    this.overview.reset();
    this.progress.start();
    this.downloads.reset();
  }

  /** Shows the server's copy, where the browser cannot show the file. */
  showCopy() {
    if (this.isCopy) {
      showError({ message: "The browser cannot load or play the video." });
    }
    this.wantsCopy = true;
    if (this.session) this.showState();
  }

  showState() {
    const { video } = this.session;
    this.progress.showVideo(video);
    this.player.frameRate = video.frames_per_second || 25;
    this.player.start = video.playable.start_seconds;
    if (video.width) {
      this.screen.setShape(video.width * video.pixel_aspect / video.height);
    }
    const isPicture = video.kind === "picture";
    byId("controls").hidden = isPicture;
    byId("over-time").hidden = isPicture;
    this.downloads.describe(isPicture);
    setText(byId("times-title"), isPicture ? "Attention"
      : "Attention over time");
    this.comparison.setModels(this.models.filter(({ id }) =>
      id in video.densities), video.observers);
    // An animated picture is a video.
    this.wantsCopy ||= isPicture !== this.media.isPicture;
    this.showMade(video);
  }

  /** Shows what the server has made: the copy, the crop, files. */
  showMade({ id, kind, error, playable }) {
    if (error) {
      showError({ message: error });
      this.player.knownUntil = this.knownUntil;
    }
    if (this.wantsCopy && playable.error) {
      showError({ message: playable.error });
    } else if (this.wantsCopy && playable.state === "done" && !this.isCopy) {
      this.isCopy = true;
      this.isStarted = false;
      this.media.show(api.playableAddress(id), kind);
    }
    if (this.isDone && this.crop.isWaiting) this.crop.choose();
    this.allowDownloads();
  }

  /** Whether all densities of the model that is shown are computed. */
  get isDone() {
    return this.session?.video.densities[this.model]?.state === "done";
  }

  allowDownloads() {
    const { isDone } = this;
    const hasAreas = this.areas.list.length > 0;
    const help = isDone ? (hasAreas ? "" : "Areas: draw one first.")
      : "Ready when the whole video is computed.";
    this.downloads.allow(
      (kind) => isDone && (kind !== "areas" || hasAreas), help);
  }

  /** The id of the model that is shown, or of the first of two. */
  get model() {
    return this.comparison.shown[0]?.id;
  }

  /** What is asked for by a download. */
  wanted(kind) {
    const areas = this.areas.list.map(({ name, points }) => ({ name, points }));
    const style = this.style === "none" ? "heat" : this.style;
    return {
      id: this.session.id,
      wanted: { kind, model: this.model, style, areas },
    };
  }

  get style() {
    return byId("styles").querySelector("input:checked").value;
  }

  /** The densities on the screen, as far as they are here. */
  get tracks() {
    return this.comparison.shown.flatMap(({ id, name }) => {
      const keyframes = this.session?.densities.get(id);
      return keyframes ? [{ name, keyframes }] : [];
    });
  }

  /** Shows what has come, and starts the video when enough is known. */
  showDensities() {
    this.overview.show(this.tracks);
    this.player.refresh();
    this.player.knownUntil = this.knownUntil;
    this.begin();
  }

  /** The time up to which the video may play, in seconds. */
  get knownUntil() {
    if (this.session?.video.error) return Infinity;  // No more is to come.
    const times = this.tracks.map(({ keyframes }) => keyframes.until);
    return times.length ? Math.min(...times) : 0;
  }

  /** Starts the video, once its file is here and enough is known. */
  begin() {
    if (!this.tracks.length) return;
    const { duration, until } = this.player;
    if (this.isStarted || !duration || until < Math.min(AHEAD, duration)) {
      return;
    }
    this.isStarted = true;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!isStill) this.player.play();
  }

  /** Shows other models; the crop and the downloads are those of the first. */
  showModels() {
    this.showDensities();
    this.allowDownloads();
    this.crop.choose();
  }

  draw(time) {
    const { tracks, style } = this;
    setText(byId("style-help"), STYLE_HELP[style]);
    setText(byId("caption-a"), tracks[1] ? tracks[0].name : "");
    setText(byId("caption-b"), tracks[1]?.name ?? "");
    this.screen.draw(time, {
      style,
      first: tracks[0]?.keyframes ?? null,
      second: tracks[1]?.keyframes ?? null,
      gaze: byId("gaze").checked ? this.gaze : null,
    });
    this.areaList.showShares(this.overview.moment(time));
    this.shapes.setCrop(this.crop.boxAt(time));
    this.crop.draw(this.media, time);
  }

  loadCrop(aspect) {
    if (!this.isDone) return null;
    return this.ask((id, signal) => api.crop(id, this.model, aspect, signal));
  }

  async loadGaze() {
    const { session } = this;
    const gaze = this.gaze ?? await this.ask(api.gaze);
    if (session !== this.session) return;
    this.gaze = gaze;
    this.player.refresh();
  }

  /** Asks about the video; shows an error unless it is left, and gives null. */
  async ask(request) {
    const { id, leaving } = this.session;
    try {
      return await request(id, leaving.signal);
    } catch (error) {
      if (!leaving.signal.aborted) showError(error);
      return null;
    }
  }
}
