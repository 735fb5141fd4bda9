"""Prints what a GPU reaches, and which share of its peak, within 4 minutes.

    python -m benchmarks.gpu [--seconds 240] [--json FILE]
    python -m benchmarks.gpu --device cpu --small   # A trial without a GPU.

The rows, in this order; those that the time does not reach are marked "no time
left":

- the peak: one product of two square matrices, in each precision;
- C3D alone, forward, and forward and backward, in each precision, with XLA and
  without;
- a whole training step of the paper's network on frames in memory, the same;
- the model of the package, on frames in memory;
- frames sent to the device, as uint8 and as float32;
- training steps fed by a pipeline, with `prefetch_to_device` and without.

The work of C3D is counted from its layers: two for each product and sum. The
share of the peak is that of the row's own precision, measured in the same run.
"""

import argparse
import json
import os
import sys
import threading

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import rmdn_tf  # noqa: F401  Before TensorFlow.
from benchmarks.gpu_rows import Budget, all_rows

NO_GPU = (
    "Error: TensorFlow finds no GPU, so nothing was measured. "
    "`--device cpu --small` tries the script on a CPU."
)
COLUMNS = {
    "row": "",
    "precision": "precision",
    "xla": "XLA",
    "frames_per_second": "frames a second",
    "tflops": "TFLOP/s",
    "share_of_peak": "share of peak",
    "note": "note",
}


def main() -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="gpu", choices=("gpu", "cpu"))
    parser.add_argument("--small", action="store_true", help="tiny sizes")
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--json", metavar="FILE", help="the table, as JSON")
    options = parser.parse_args()
    budget = Budget(options.seconds)
    import tensorflow as tf

    if options.device == "gpu" and not tf.config.list_physical_devices("GPU"):
        print(NO_GPU, file=sys.stderr)
        return 1
    table = Table(_described(options.device), options.json)
    # A compilation cannot be interrupted: what is measured is printed anyway.
    watch = threading.Timer(options.seconds, table.end_process)
    watch.daemon = True
    watch.start()
    with tf.device(f"/{options.device}:0"):
        for row in all_rows(options.device, options.small, budget):
            table.add(row)
    watch.cancel()
    table.write()
    return 0


def _described(device: str) -> dict:
    import tensorflow as tf

    facts = {"tensorflow": tf.__version__, "device": device}
    if device == "gpu":
        gpu = tf.config.list_physical_devices("GPU")[0]
        facts |= tf.config.experimental.get_device_details(gpu)
    return {key: str(value) for key, value in facts.items()}


class Table:
    """Prints rows as they come, and writes all of them as JSON at the end."""

    def __init__(self, facts: dict, path: str | None):
        self._facts, self._path = facts, path
        self._rows: list[dict] = []
        print(", ".join(f"{key} {value}" for key, value in facts.items()))
        print(f"\n| {' | '.join(COLUMNS.values())} |\n{'|---' * len(COLUMNS)}|")

    def add(self, row: dict) -> None:
        """Prints a row."""
        self._rows.append(row)
        cells = (_shown(row.get(column)) for column in COLUMNS)
        print(f"| {' | '.join(cells)} |", flush=True)

    def write(self) -> None:
        """Writes the JSON, if a file was named."""
        if self._path:
            with open(self._path, "w", encoding="utf-8") as file:
                json.dump({**self._facts, "rows": self._rows}, file, indent=1)

    def end_process(self) -> None:
        """Ends the process when the time is over in the middle of a row."""
        print("The time is over; the row in work is left out.", flush=True)
        self.write()
        os._exit(0)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return "" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
