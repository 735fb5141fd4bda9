/**
 * The thread of the network; `network.js` sends it messages.
 *
 * A classic worker, since LiteRT.js loads its program by `importScripts`.
 */

const runtime = import("./runtime.js");
let last = Promise.resolve();

self.onmessage = ({ data }) => {
  last = last.then(() => answer(data));
};

async function answer({ number, task, given }) {
  try {
    const value = await (await runtime)[task](...given);
    const buffers = value instanceof Float32Array ? [value.buffer] : [];
    self.postMessage({ number, value }, buffers);
  } catch (error) {
    self.postMessage({ number, error: String(error.message ?? error) });
  }
}
