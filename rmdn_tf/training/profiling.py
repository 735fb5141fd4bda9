"""Where the time of a training step goes; for TensorBoard's profiler."""

import os

import tensorflow as tf

FIRST_STEP = 2
"""Steps before it compile and warm up."""


class Profile:
    """Records some steps, not the first ones; use it as a context.

    Args:
        directory: of TensorBoard's logs.
        num_steps: so many; 0 records nothing.
    """

    def __init__(self, directory: str | os.PathLike, num_steps: int):
        self._directory = os.fspath(directory)
        self._last_step = FIRST_STEP + num_steps
        self._step = 0
        self._is_recording = False

    def __enter__(self) -> "Profile":
        return self

    def next_step(self) -> None:
        """To be called before each step."""
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
