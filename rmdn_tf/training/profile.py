"""A profile of some steps of a training, for TensorBoard."""

import os

import tensorflow as tf

# First step that is profiled: earlier steps compile and warm up.
FIRST_STEP = 2


class Profile:
    """A context that profiles `num_steps` steps, from `FIRST_STEP` on."""

    def __init__(self, directory: str | os.PathLike, num_steps: int):
        self._directory = os.fspath(directory)
        self._last_step = FIRST_STEP + num_steps
        self._step = 0
        self._is_recording = False

    def __enter__(self) -> "Profile":
        return self

    def next_step(self) -> None:
        """Counts a step; call it before each step."""
        if self._step == FIRST_STEP < self._last_step:
            tf.profiler.experimental.start(self._directory)
            self._is_recording = True
        if self._step == self._last_step:
            self._stop()
        self._step += 1

    def __exit__(self, *_) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._is_recording:
            tf.profiler.experimental.stop()
            self._is_recording = False
