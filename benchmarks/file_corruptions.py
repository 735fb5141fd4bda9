"""Loads corrupted files of every kind and counts what happens.

    python -m benchmarks.file_corruptions --number 500

Corrupts each file at random and loads it through the function that the
commands use, in a worker process. The table counts:

    loaded      the change was harmless
    refused     an error that every command turns into one line
    traceback   an error that no command catches
    crashes     the process died, or took more than a minute

The exit code is 1 after a traceback, a crash, or a load that took more than
2 GB of memory.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TQDM_DISABLE", "1")

import argparse
import collections
import contextlib
import multiprocessing
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

import numpy as np

SECONDS = 60  # Longest time of a load.

MAX_MEBIBYTES = 2048
OUTCOMES = ("loaded", "refused", "traceback", "crashes")


def peak_mebibytes() -> float:
    """Returns the largest resident memory since `reset_peak`."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def reset_peak() -> None:
    """Resets the largest resident memory of this process."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def work(samples: str, connection) -> None:
    """Loads corrupted files until the other process closes the connection."""
    import tensorflow as tf

    import rmdn_tf  # noqa: F401
    from benchmarks.corrupted_files import kinds_of
    from benchmarks.session_model import ServiceError
    from rmdn_tf.runs.directory import TrainingError

    # The errors that commands turn into one line.
    errors = (OSError, ValueError, ImportError, tf.errors.OpError)
    errors += (TrainingError, ServiceError)
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory) / "samples"
        shutil.copytree(samples, directory)
        kinds = kinds_of(directory)
        connection.send([*kinds])
        with contextlib.suppress(EOFError):
            while True:
                name, number = connection.recv()
                shutil.copytree(samples, directory, dirs_exist_ok=True)
                connection.send(_load(kinds[name], number, errors))


def _load(kind, number: int, errors: tuple) -> tuple[str, str, float]:
    """Corrupts and loads a file; returns outcome, message, mebibytes."""
    rng = np.random.default_rng(number)
    content = kind.corrupt(kind.file.read_bytes(), rng)
    kind.file.write_bytes(content)
    reset_peak()
    try:
        kind.load()
    except errors as error:
        return "refused", f"{type(error).__name__}: {error}", peak_mebibytes()
    except Exception:
        return "traceback", traceback.format_exc(), peak_mebibytes()
    return "loaded", "", peak_mebibytes()


class Worker:
    """A process that loads files; it is started again if it dies."""

    def __init__(self, samples: str):
        self._samples = samples
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(
            target=work, args=(self._samples, other), daemon=True
        )
        self._process.start()
        other.close()
        self.kinds = self._connection.recv()

    def load(self, name: str, number: int) -> tuple[str, str, float]:
        """Loads the corrupted file of a number; returns as `_load` does."""
        self._connection.send((name, number))
        try:
            if self._connection.poll(SECONDS):
                return self._connection.recv()
            message = f"took more than {SECONDS} s"
        except (EOFError, ConnectionError):
            self._process.join()
            message = f"ended with {self._process.exitcode}"
        self.close()
        self._start()
        return "crashes", message, 0.0

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.join()
        self._connection.close()


def measure(worker: Worker, name: str, number: int, shown: int) -> bool:
    """Prints the line of a kind; returns whether it passed."""
    counts, most, began = collections.Counter(), 0.0, time.perf_counter()
    messages = collections.Counter()
    for case in range(number):
        outcome, message, mebibytes = worker.load(name, case)
        counts[outcome] += 1
        most = max(most, mebibytes)
        if outcome in ("traceback", "crashes"):
            print(f"{name}, case {case}: {message}", file=sys.stderr)
        elif outcome == "refused":
            messages[message] += 1
    cells = [f"{counts[outcome]:9d}" for outcome in OUTCOMES]
    seconds = time.perf_counter() - began
    print(f"{name:18} {' '.join(cells)} {most:9.0f} {seconds:8.0f}", flush=True)
    for message, _ in messages.most_common(shown):
        print(f"    {message[:300]}")
    bad = counts["traceback"] + counts["crashes"]
    return not bad and most <= MAX_MEBIBYTES


def make(samples: str) -> None:
    """Makes the samples; a process of its own frees TensorFlow's memory."""
    from benchmarks.corrupted_files import make_samples

    make_samples(pathlib.Path(samples))


def main() -> int:
    """Prints the table and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--number", type=int, default=500)
    parser.add_argument("--kinds", nargs="*", help="all by default")
    parser.add_argument("--messages", type=int, default=0, help="shown a kind")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as samples:
        context = multiprocessing.get_context("spawn")
        making = context.Process(target=make, args=(samples,))
        making.start()
        making.join()
        worker = Worker(samples)
        head = " ".join(f"{name:>9}" for name in (*OUTCOMES, "MiB"))
        print(f"{'file':18} {head} {'seconds':>8}")
        names = options.kinds or worker.kinds
        all_well = [
            measure(worker, name, options.number, options.messages)
            for name in names
        ]
        worker.close()
    return 0 if all(all_well) else 1


if __name__ == "__main__":
    sys.exit(main())
