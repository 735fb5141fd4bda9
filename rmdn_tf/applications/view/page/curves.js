/** Draws curves over time on a canvas. */

/**
 * Heights in CSS pixels: of the marks of cuts, of the title of a row, and of
 * the axis of times.
 */
const TOP = 10;
const TITLE = 20;
const BOTTOM = 24;

/**
 * @typedef {Object} Curve
 * @property {number[]} times In seconds.
 * @property {ArrayLike<number>} values
 * @property {import("./strokes.js").Stroke} stroke
 */

/**
 * @typedef {Object} Row
 * @property {string} title
 * @property {Curve[]} curves
 * @property {number} low Value at the bottom.
 * @property {number} high Value at the top.
 */

/**
 * Draws rows of curves, one below the other, over the same times.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{rows: Row[], cuts: number[], until: number, duration: number}}
 *   content
 */
export function drawCurves(canvas, { rows, cuts, until, duration }) {
  const context = canvas.getContext("2d");
  const ratio = window.devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const width = canvas.width / ratio;
  const height = canvas.height / ratio;
  context.clearRect(0, 0, width, height);
  if (!duration) return;
  const plot = {
    context, width, duration,
    top: TOP,
    bottom: height - BOTTOM,
    colours: themeColours(canvas),
    x: (time) => time / duration * width,
  };
  drawUnknown(plot, until);
  const each = (plot.bottom - plot.top) / rows.length;
  rows.forEach((row, n) => {
    const top = plot.top + n * each;
    drawRow({ ...plot, top: top + TITLE, bottom: top + each }, row);
  });
  drawCuts(plot, cuts);
  rows.forEach(({ title }, n) => {
    write(context, plot.colours, title, 0, plot.top + n * each + 14);
  });
  drawAxis(plot);
}

function themeColours(element) {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour("text"), quiet: colour("quiet"), line: colour("line"),
    sunken: colour("sunken"), surface: colour("surface"),
    accent: colour("accent"), font: style.fontFamily,
  };
}

/** Stripes where densities are not known yet. */
function drawUnknown({ context, x, width, top, bottom, colours }, until) {
  const begin = Math.min(x(until), width);
  if (begin >= width) return;
  context.save();
  context.beginPath();
  context.rect(begin, top, width - begin, bottom - top);
  context.clip();
  context.fillStyle = colours.sunken;
  context.fillRect(begin, top, width - begin, bottom - top);
  context.strokeStyle = colours.line;
  context.lineWidth = 2;
  context.beginPath();
  for (let place = top - bottom; place < width; place += 9) {
    context.moveTo(place, bottom);
    context.lineTo(place + bottom - top, top);
  }
  context.stroke();
  context.restore();
}

function drawRow({ context, x, width, top, bottom, colours }, row) {
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  for (const place of [top, bottom]) {
    context.beginPath();
    context.moveTo(0, Math.round(place) + 0.5);
    context.lineTo(width, Math.round(place) + 0.5);
    context.stroke();
  }
  const part = (value) => (value - row.low) / (row.high - row.low);
  const y = (value) => bottom - part(value) * (bottom - top);
  context.save();
  context.beginPath();
  context.rect(0, top - 2, width, bottom - top + 4);
  context.clip();
  for (const { times, values, stroke } of row.curves) {
    context.strokeStyle = colours[stroke.colour] ?? stroke.colour;
    context.setLineDash(stroke.dash);
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.beginPath();
    for (let n = 0; n < values.length; n++) {
      context.lineTo(x(times[n]), y(values[n]));
    }
    context.stroke();
  }
  context.restore();
}

/** Dashed lines with a mark at the top. */
function drawCuts({ context, x, bottom, colours }, cuts) {
  context.strokeStyle = colours.quiet;
  context.fillStyle = colours.text;
  context.lineWidth = 1;
  for (const cut of cuts) {
    const place = Math.round(x(cut)) + 0.5;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(place, TOP);
    context.lineTo(place, bottom);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(place - 5, 0);
    context.lineTo(place + 5, 0);
    context.lineTo(place, TOP - 1);
    context.fill();
  }
}

/** Times below the curves, at round steps that leave room for the texts. */
function drawAxis({ context, x, width, bottom, duration, colours }) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800];
  const room = 64 / width * duration;
  const step = steps.find((one) => one >= room) ?? 3600;
  for (let n = 0; n * step < duration - room / 2; n++) {
    const place = x(n * step);
    context.fillStyle = colours.quiet;
    context.fillRect(Math.round(place), bottom, 1, 5);
    context.textAlign = n ? "center" : "left";
    write(context, colours, timeText(n * step, step), place, bottom + 19);
  }
  context.textAlign = "left";
}

function timeText(seconds, step) {
  if (seconds < 60 || step < 1) return `${+seconds.toFixed(1)} s`;
  const rest = String(Math.round(seconds % 60)).padStart(2, "0");
  return `${Math.floor(seconds / 60)}:${rest}`;
}

/** Writes small text that stands out from lines below it. */
function write(context, colours, text, x, y) {
  context.font = `12px ${colours.font}`;
  context.setLineDash([]);
  context.lineWidth = 4;
  context.strokeStyle = colours.surface;
  context.strokeText(text, x, y);
  context.fillStyle = colours.quiet;
  context.fillText(text, x, y);
}
