"""Trains on two hosts of this machine, cuts their link and kills them.

    python -m benchmarks.multi_host_training           # Linux, as root
    python -m benchmarks.multi_host_training --only cut_2 killed_chief
    python -m benchmarks.multi_host_training --s3

A tiny network learns a made-up dataset in one process, undisturbed. Then two
hosts with addresses of their own (`tests/helpers/hosts.py`) learn it together:
once undisturbed, then with each disturbance after `--at_step`. Workers that end
too early are started again, and must end with the weights of the one process.

Prints for each worker how many seconds after the disturbance it ended, its exit
code (negative for a signal) and its last step; "message" if it said what to do;
and the largest difference of a number that was learned, in relation to numbers
above 1.

With `--s3` the dataset lies on an S3 server at an address of its own, which the
hosts read beside the shared directory of the run. It needs the extras `s3` and
`dev`.
"""

import argparse
import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from tests.helpers.clusters import cluster
from tests.helpers.hosts import Hosts, NoHostsError
from tests.helpers.s3_server import run_s3_server
from tests.helpers.train_worker import IN_ORDER, start

SECONDS_TO_END = 600
SIZE = (48, 64)
MESSAGE = "Error: A worker was lost at step"


@dataclasses.dataclass(frozen=True)
class Disturbance:
    """What happens to a host, for some seconds: "cut", "kill" or "stop"."""

    what: str = ""
    host: int = 1
    seconds: float = 0


DISTURBANCES = {
    "undisturbed": Disturbance(),
    "cut_2": Disturbance("cut", 1, 2),
    "cut_30": Disturbance("cut", 1, 30),
    "cut_30_chief": Disturbance("cut", 0, 30),
    "cut_for_ever": Disturbance("cut", 1, SECONDS_TO_END),
    "killed": Disturbance("kill", 1),
    "killed_chief": Disturbance("kill", 0),
    "stopped_30": Disturbance("stop", 1, 30),
    "stopped_30_chief": Disturbance("stop", 0, 30),
}


class Reader(threading.Thread):
    """Reads a worker's output to its end.

    Attributes:
        text: its output so far, without the lines of steps.
        step: its last step.
        end: when it ended, as `time.monotonic` tells.
    """

    def __init__(self, worker: subprocess.Popen):
        super().__init__(daemon=True)
        self.worker, self.text, self.step, self.end = worker, "", 0, 0.0
        self.start()

    def run(self) -> None:
        """Reads; for `threading`."""
        for line in self.worker.stdout:
            if line.startswith("step "):
                self.step = int(line.split()[1])
            else:
                self.text += line
        self.worker.wait()
        self.end = time.monotonic()

    def describe(self, since: float) -> str:
        """Returns how the worker ended, counted from a time on."""
        code = self.worker.poll()
        if code is None:
            return f"still runs, step {self.step}"
        told = "message" if MESSAGE in self.text else self.text[-300:]
        if code <= 0:
            told = "finished" if code == 0 else "killed"
        return f"{self.end - since:.0f} s, {code}, step {self.step}, {told}"


class Trial:
    """Trains in a directory, on hosts.

    Args:
        data_dir: a prepared dataset.
        directory: of the run.
        num_epochs: how long to train.
        hosts: two of them.
    """

    def __init__(self, data_dir, directory, num_epochs: int, hosts: Hosts):
        self._dirs = (data_dir, directory, directory)
        self._directory, self._hosts = directory, hosts
        self._settings = {
            "training": [IN_ORDER | {"num_epochs": num_epochs}],
            "run": {"checkpoint_steps": 4},
        }

    def alone(self) -> list[np.ndarray]:
        """Trains in one process; returns what was learned."""
        process = start(*self._dirs[:2], **self._settings)
        output, _ = process.communicate()
        if process.returncode:
            sys.exit(output)
        return self.learned()

    def together(self, disturbance: Disturbance, step: int) -> str:
        """Trains on the hosts to the end; returns what was seen."""
        begun = time.monotonic()
        with self._start() as workers:
            readers = [Reader(worker) for worker in workers]
            if disturbance.what:
                _wait(readers, lambda: min(r.step for r in readers) >= step)
                begun = time.monotonic()
                self._disturb(disturbance, workers, readers)
            _wait(readers, lambda: False)
        seen = "; ".join(reader.describe(begun) for reader in readers)
        left = [*self._directory.rglob("partial*")]
        seen += f"; {len(left)} unfinished files" if left else ""
        if any(worker.returncode for worker in workers):
            seen += "; started again: " + self.together(Disturbance(), 0)
        return seen

    def _start(self):
        return cluster(*self._dirs, hosts=self._hosts, **self._settings)

    def _disturb(self, disturbance, workers, readers) -> None:
        hosts, host = self._hosts, disturbance.host
        if disturbance.what == "cut":
            hosts.cut(host)
            _wait(readers, lambda: False, disturbance.seconds)
            hosts.mend(host)
        elif disturbance.what == "kill":
            workers[host].kill()
        else:
            workers[host].send_signal(signal.SIGSTOP)
            time.sleep(disturbance.seconds)
            workers[host].send_signal(signal.SIGCONT)

    def learned(self) -> list[np.ndarray]:
        """Returns what the finished run learned."""
        with np.load(self._directory / "0" / "learned.npz") as arrays:
            return list(arrays.values())


def _wait(readers, is_done, seconds: float = SECONDS_TO_END) -> None:
    """Waits until something is done, all workers have ended, or the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not is_done():
        if all(reader.end for reader in readers):
            return
        time.sleep(0.01)


def difference(learned: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """Returns the largest difference, in relation to numbers above 1."""
    pairs = zip(learned, expected, strict=True)
    return max(
        float((np.abs(a - b) / np.maximum(1, np.abs(b))).max(initial=0))
        for a, b in pairs
    )


def prepare_demo(directory: str, num_videos: int) -> None:
    """Prepares the made-up dataset."""
    from tfrecords_tools.shards.frame_format import FrameFormat
    from tfrecords_tools.shards.preparation import prepare
    from tfrecords_tools.sources.demo import Demo

    source = Demo(num_videos, size=SIZE)
    prepare(source, directory, FrameFormat(SIZE), num_workers=1)


def main() -> None:
    """Trains undisturbed and disturbed; prints a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=DISTURBANCES)
    parser.add_argument("--num_videos", type=int, default=12)
    parser.add_argument("--num_epochs", type=int, default=6)
    parser.add_argument("--at_step", type=int, default=18)
    parser.add_argument("--s3", action="store_true", help="read from S3")
    args = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as name, Hosts(2) as hosts:
            directory = pathlib.Path(name)
            prepare_demo(str(directory / "data"), args.num_videos)
            with data_of(directory, args.s3, hosts) as data_dir:
                measure(args, data_dir, directory, hosts)
    except NoHostsError as error:
        sys.exit(str(error))


@contextlib.contextmanager
def data_of(
    directory: pathlib.Path, on_s3: bool, hosts: Hosts
) -> Iterator[str]:
    """Gives the path of the dataset as the hosts see it."""
    here = directory / "data"
    if not on_s3:
        yield str(here)
        return
    with run_s3_server(directory, hosts.own_address) as server:
        os.environ |= server.environment
        files = [path for path in here.iterdir() if path.is_file()]
        for path in files:
            server.put_file(path, f"data/{path.name}")
        yield server.path("data")


def measure(
    args: argparse.Namespace,
    data_dir: str,
    directory: pathlib.Path,
    hosts: Hosts,
) -> None:
    """Prints what is seen of each disturbance."""
    trials = {
        name: Trial(data_dir, directory / name, args.num_epochs, hosts)
        for name in ["alone", *(args.only or DISTURBANCES)]
    }
    expected = trials.pop("alone").alone()
    for name, trial in trials.items():
        seen = trial.together(DISTURBANCES[name], args.at_step)
        away = difference(trial.learned(), expected)
        print(f"{name}: {seen}; difference {away:.1e}", flush=True)


if __name__ == "__main__":
    main()
