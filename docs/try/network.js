/** The network, which runs in a thread of its own. */

export class Network {
  /**
   * @param {function({done: number, all: number}): void} onProgress Takes the
   *   bytes of the download so far, and of all of it.
   */
  constructor(onProgress) {
    this.onProgress = onProgress;
    this.asked = new Map();
    this.number = 0;
    this.worker = new Worker(new URL("worker.js", import.meta.url));
    this.worker.onmessage = ({ data }) => this.take(data);
    this.worker.onerror = (event) => this.fail(
      event.message || "The thread of the network cannot start.");
  }

  /** Downloads and starts the network; tries again after a failure. */
  load() {
    this.loading ??= this.ask("load").catch((error) => {
      this.loading = null;
      throw error;
    });
    return this.loading;
  }

  /** Computes the density at the next frame of a run; see `runtime.js`. */
  step(run, bitmap) {
    return this.ask("step", [run, bitmap], [bitmap]);
  }

  /** Ends a run. */
  forget(run) {
    return this.ask("forget", [run]);
  }

  ask(task, given = [], moved = []) {
    return new Promise((resolve, reject) => {
      const number = this.number++;
      this.asked.set(number, { resolve, reject });
      this.worker.postMessage({ number, task, given }, moved);
    });
  }

  take({ progress, number, value, error }) {
    if (progress) {
      this.onProgress(progress);
      return;
    }
    const { resolve, reject } = this.asked.get(number);
    this.asked.delete(number);
    if (error) reject(new Error(error));
    else resolve(value);
  }

  fail(message) {
    for (const { reject } of this.asked.values()) reject(new Error(message));
    this.asked.clear();
  }
}
