"""A network in a process of its own, on a limited number of processors."""

import multiprocessing
import os
import pathlib
import time
from typing import NamedTuple

import numpy as np

# Frames that repeat; the stream keeps no more than the context of them.
NUM_FRAMES = 48


class Usage(NamedTuple):
    """What clips took.

    Attributes:
        cpu: seconds of all processors, a clip.
        wall: seconds, a clip.
        resident: memory of the process, MiB.
        opened: memory that the network added to it so far, MiB.
    """

    cpu: float
    wall: float
    resident: float
    opened: float


class NetworkProcess:
    """Runs a network on noise of its own size; a context.

    Args:
        path: of `rmdn_tf.load`.
        num_threads: processors that the process may use, and so the threads of
            every runtime.
    """

    def __init__(self, path: str | os.PathLike, num_threads: int):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = theirs, os.fspath(path), num_threads
        self._process = context.Process(target=_serve, args=arguments)
        self._process.start()
        theirs.close()

    def run(self, num_clips: int, at_once: int = 1) -> Usage:
        """Streams the next clips, `at_once` in each call of the stream.

        Raises:
            ValueError: the calls do not divide the clips evenly.
        """
        if num_clips % at_once:
            raise ValueError(
                f"Invalid `num_clips`. Expected a multiple of {at_once} clips "
                f"at once. Received: num_clips={num_clips}."
            )
        self._pipe.send((num_clips, at_once))
        return self._pipe.recv()

    def __enter__(self) -> "NetworkProcess":
        return self

    def __exit__(self, *_) -> None:
        self._pipe.close()
        self._process.join()


def _serve(pipe, path: str, num_threads: int) -> None:
    """Runs clips until the pipe closes."""
    processors = sorted(os.sched_getaffinity(0))[:num_threads]
    os.sched_setaffinity(0, processors)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import rmdn_tf
    from rmdn_tf.model.clip_stream import ClipStream

    load = rmdn_tf.load  # Imports what all runtimes need.
    before = _resident_mebibytes()
    model = load(path)
    stride = model.config.clip_stride
    shape = (NUM_FRAMES, *model.config.input_size, 3)
    frames = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    stream, begin = ClipStream(model.network, stride), 0
    while True:
        try:
            num_clips, at_once = pipe.recv()
        except EOFError:
            return
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(num_clips // at_once):
            order = np.arange(begin, begin + at_once * stride)
            stream(frames[order % NUM_FRAMES])
            begin += at_once * stride
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        resident = _resident_mebibytes()
        pipe.send(
            Usage(
                cpu / num_clips, wall / num_clips, resident, resident - before
            )
        )


def _resident_mebibytes() -> float:
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("Missing VmRSS in /proc/self/status.")
