/** Runs the network in LiteRT.js, inside the worker. */

import * as litert from "./litert/core.js";
import { resize } from "./scaler.js";

/** Bytes of progress between two messages. */
const STEP = 2 ** 18;

let model;
let frames;  // What the network takes: its context and size.
let states;

/**
 * A part of a video that the network goes through, frame by frame.
 *
 * @typedef {Object} Run
 * @property {Float32Array} window The last frames, resized.
 * @property {Object<string, litert.Tensor>} state By the names of inputs.
 */

/** @type {Map<number, Run>} */
const runs = new Map();

/**
 * Downloads and starts the network.
 *
 * @returns {{rate: number}} Frames a second that the network looks at.
 */
export async function load() {
  const files = await (await fetched("files.json")).json();
  const isNew = await litert.supportsFeature("relaxedSimd");
  const name = `litert_wasm_${isNew ? "" : "compat_"}internal`;
  const wanted = [`litert/${name}.wasm`, "model.tflite"];
  const all = wanted.reduce((sum, one) => sum + files.bytes[one], 0);
  let done = 0;
  const [program, network] = await Promise.all(wanted.map((one) =>
    download(one, files.bytes[one], (bytes) => {
      done += bytes;
      self.postMessage({ progress: { done, all } });
    })));
  self.Module = { wasmBinary: program };
  await litert.loadLiteRt(new URL(`litert/${name}.js`, self.location).href);
  model = await litert.loadAndCompile(network, { accelerator: "wasm" });
  const inputs = model.getInputDetails();
  const [, count, height, width] = inputs.find(isFrames).shape;
  frames = { count, size: [height, width] };
  states = inputs.filter((one) => !isFrames(one));
  return { rate: files.rate };
}

function isFrames({ name }) {
  return name === "frames";
}

async function fetched(path) {
  let answer;
  try {
    answer = await fetch(path);
  } catch {
    throw new Error(`The file '${path}' cannot be downloaded. Is there a `
      + "connection to the network?");
  }
  if (!answer.ok) {
    throw new Error(`The file '${path}' cannot be downloaded: the server `
      + `answers ${answer.status}.`);
  }
  return answer;
}

/** Downloads a file of a known length, and tells how many bytes have come. */
async function download(path, length, onBytes) {
  const reader = (await fetched(path)).body.getReader();
  const content = new Uint8Array(length);
  let place = 0;
  let told = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (value && place + value.length <= length) content.set(value, place);
    place += value?.length ?? 0;
    if (done || place - told > STEP) {
      onBytes(place - told);
      told = place;
    }
    if (done) break;
  }
  if (place !== length) {
    throw new Error(`The file '${path}' is damaged: ${length} bytes expected, `
      + `${place} received.`);
  }
  return content;
}

/**
 * Takes the next frame of a run, and computes the density at this frame.
 *
 * @param {number} id Of the run; a new one begins with this frame.
 * @param {ImageBitmap} bitmap The frame; it is closed.
 * @returns {Promise<Float32Array>} The mixture, see `view/mixture.js`.
 */
export async function step(id, bitmap) {
  const pixels = resize(pixelsOf(bitmap), [bitmap.height, bitmap.width],
    frames.size);
  bitmap.close();
  if (!runs.has(id)) runs.set(id, begin(pixels));
  const run = runs.get(id);
  run.window.copyWithin(0, pixels.length);
  run.window.set(pixels, run.window.length - pixels.length);
  return advance(run);
}

/** Frees the memory of a run. */
export function forget(id) {
  const run = runs.get(id);
  if (!run) return;
  Object.values(run.state).forEach((tensor) => tensor.delete());
  runs.delete(id);
}

let canvas;

function pixelsOf(bitmap) {
  const { width, height } = bitmap;
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}

/** Makes a run whose first frame also stands for the frames before it. */
function begin(pixels) {
  const window = new Float32Array(frames.count * pixels.length);
  for (let n = 0; n < frames.count; n++) window.set(pixels, n * pixels.length);
  const state = Object.fromEntries(states.map(({ name, shape }) => {
    const length = shape.reduce((product, one) => product * one, 1);
    return [name, new litert.Tensor(new Float32Array(length), shape)];
  }));
  return { window, state };
}

async function advance(run) {
  const window = new litert.Tensor(run.window,
    [1, frames.count, ...frames.size, 3]);
  const outputs = await model.run({ frames: window, ...run.state });
  window.delete();
  for (const name of Object.keys(run.state)) {
    run.state[name].delete();
    run.state[name] = outputs[name.replace(/_in$/, "_out")];
  }
  const mixture = new Float32Array(await outputs.parameters.data());
  outputs.parameters.delete();
  return mixture;
}
