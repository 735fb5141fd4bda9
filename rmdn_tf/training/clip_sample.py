"""A random sample of the mixtures of a split, of bounded size."""

import numpy as np


class ClipSample:
    """A uniform random sample of at most `size` clips of a stream.

    Every clip gets a random number, the same in every pass; the clips with the
    smallest numbers stay.
    """

    def __init__(self, size: int):
        self._size = size
        self._generator = np.random.default_rng(0)
        self._numbers = np.zeros(0)
        self.clips = np.zeros((0, 0, 0), np.float32)

    def add(self, clips: np.ndarray) -> None:
        """Adds clips of the stream, `[n, ...]`."""
        if len(self.clips):
            clips = np.concatenate([self.clips, clips])
        new = self._generator.random(len(clips) - len(self._numbers))
        numbers = np.concatenate([self._numbers, new])
        kept = np.sort(np.argsort(numbers)[: self._size])
        self.clips, self._numbers = clips[kept], numbers[kept]
